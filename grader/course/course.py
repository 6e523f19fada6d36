"""The folder of a course, with its solutions, notebooks, checks and key."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..model.errors import GraderError
from ..model.message import Message

KEY_BYTES = 32


class CourseError(GraderError):
    """The folder is not a course, or lacks the assignment; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """A folder with solutions/, assignments/ and autograder_tests/ in it."""

    root: Path

    @classmethod
    def find(cls, start: Path) -> Self:
        """Return the course that `start` is in. Raises CourseError."""
        for folder in (start.resolve(), *start.resolve().parents):
            if (folder / "solutions").is_dir() and (folder / "autograder_tests").is_dir():
                return cls(folder)
        raise CourseError(
            Message(
                "{folder} is not in a course: a course is a folder with solutions/ and "
                "autograder_tests/. Go there first, or name it with --course.",
                folder=start,
            )
        )

    def names(self) -> list[str]:
        """Return the names of the assignments."""
        return sorted(path.stem for path in (self.root / "solutions").glob("*.py"))

    def solution(self, name: str) -> Path:
        """Return the author's file of an assignment. Raises CourseError."""
        path = self.root / "solutions" / f"{name}.py"
        if not path.is_file():
            raise CourseError(
                Message(
                    "There is no assignment {name}; the course has {known}.",
                    name=repr(name),
                    known=self.names() or Message("none"),
                )
            )
        return path

    def notebook(self, name: str) -> Path:
        """Return the students' notebook of an assignment."""
        return self.root / "assignments" / f"{name}.ipynb"

    def checks(self, name: str) -> Path:
        """Return the folder of the hidden checks of an assignment."""
        return self.root / "autograder_tests" / name

    def key(self) -> bytes:
        """Return the secret that seeds every draw, creating it on first use.

        It is in .grader/key; with the same key, regrading draws the same inputs.
        Raises CourseError.
        """
        path = self.root / ".grader" / "key"
        try:
            if not path.exists():
                _make_key(path)
            return bytes.fromhex(path.read_text().strip())
        except OSError as error:
            raise CourseError(
                Message(
                    "The key of the draws, {file}, cannot be made or read: {why}. Let this user "
                    "write there; in a container, mount a volume there.",
                    file=path,
                    why=error.strerror,
                )
            ) from None


def _make_key(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    (path.parent / ".gitignore").write_text("*\n")  # a key in a repository is not a secret
    part = path.with_name(f"key.{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(secrets.token_hex(KEY_BYTES))
    part.replace(path)


def seed(key: bytes, of: str) -> bytes:
    """Return what seeds draws: unpredictable without the course's key, the same at every regrade.

    Of a submission it is made by its sha256, and of a check by the submission's seed and its name.
    """
    return hmac.digest(key, of.encode(), hashlib.sha256)
