"""The result of verifying one assignment, kept while everything it depends on is unchanged.

That is the solution, what it includes, the hidden checks' folder, our own code, Python and all
packages. It lies in the course's .grader/verified, outside of any repository. A result with a
defect is not kept: the defect may be the machine's, and after a fix it should be examined again.
Reading it needs no torch, so an unchanged assignment costs no more than reading its files.
"""

import hashlib
import json
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ..course.course import Course
from ..course.include import sources
from ..course.versions import TRANSLATED
from ..files import Unwritable, replace_file
from ..report.junit import document

if TYPE_CHECKING:  # they bring torch
    from .claims import Claim
    from .evidence import Evidence

CODE = Path(__file__).parents[1]
PART = re.compile(r"(?<=<!-- assignments -->).*?(?=<!-- end of assignments -->)", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """What `grader verify` says and writes about one assignment."""

    name: str
    digest: str
    """A digest of everything that it depends on."""
    summary: str
    defects: tuple[str, ...]
    page: str
    junit: str
    results: str
    """The three files, as they are if no other assignment is verified."""

    @classmethod
    def kept(cls, course: Course, name: str, draws: int) -> Self | None:
        """Return what was found earlier, if it still holds. Raises CourseError."""
        try:
            found = cls(**json.loads(_place(course, name).read_text("utf-8")))
        except (OSError, ValueError, TypeError):  # never kept, or by another version of ours
            return None
        return found if found.digest == digest(course, name, draws) else None

    @classmethod
    def of(cls, evidence: "Evidence", claims: list["Claim"], digest: str) -> Self:
        """Say what was seen, and what should hold of it."""
        from . import matrix

        verified = [(evidence, claims)]
        return cls(
            evidence.assignment.name, digest, f"{len(claims)} claims, {matrix.summary(evidence)}",
            tuple(str(claim) for claim in claims if claim.defect),
            matrix.page(verified), matrix.junit(verified), matrix.results(verified),
        )  # fmt: skip

    @classmethod
    def make(
        cls, course: Course, name: str, *, draws: int, jobs: int, show: Callable[..., None]
    ) -> "Finding":
        """Examine an assignment, and keep what is found if it has no defect.

        Raises AssignmentError and CannotJudge.
        """
        from .verify import verify

        before = digest(course, name, draws)
        evidence, claims = verify(course, name, draws=draws, jobs=jobs, show=show)
        return keep(cls.of(evidence, claims, before), course)


def keep(found: Finding, course: Course) -> Finding:
    """Return a finding; keep it if it has no defect and the course is writable."""
    place = _place(course, found.name)
    if not found.defects:
        with suppress(Unwritable):
            replace_file(place.with_name(".gitignore"), "*\n")
            replace_file(place, json.dumps(asdict(found)))
    return found


def write(findings: Sequence[Finding], folder: Path) -> None:
    """Write verify.html, junit.xml and results.json of all assignments into `folder`."""
    parts = "".join(PART.findall("".join(found.page for found in findings)))
    page = PART.sub(lambda _: parts, findings[0].page) if findings else ""
    results: dict[str, object] = {}
    for found in findings:
        results |= json.loads(found.results)
    replace_file(folder / "verify.html", page)
    replace_file(folder / "junit.xml", document(found.junit for found in findings))
    replace_file(folder / "results.json", json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def digest(course: Course, name: str, draws: int) -> str:
    """Return a digest of everything that can change the result. Raises CourseError."""
    found = hashlib.sha256(json.dumps([draws, sys.version, platform.machine()]).encode())
    solution = course.solution(name)
    files = [solution, *sources(solution), *_files(course.checks(name)), *_files(CODE)]
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(_above(path, course))} {content}\n".encode())
    packages = {path.name for place in sys.path for path in Path(place).glob("*.dist-info")}
    found.update("\n".join(sorted(packages)).encode())
    return found.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files that count in a folder, in an order that is always the same."""
    for path in sorted(folder.rglob("*")):
        part = path.suffix != TRANSLATED and "__pycache__" not in path.parts
        if path.is_file() and part:
            yield path


def _above(path: Path, course: Course) -> Path:
    return CODE if path.is_relative_to(CODE) else course.root


def _place(course: Course, name: str) -> Path:
    return course.root / ".grader" / "verified" / f"{name}.json"
