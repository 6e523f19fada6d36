"""A proof, and whether it still stands: its files, and the machine, are as they were."""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.support.imports import Needs

MACHINE = ("python", "kernel", "processor", "user", "bubblewrap", "packages")
ANY_LAYERS = ("python", "processor", "packages")
"""What counts of a machine where the sandbox may have any layers: it holds the team's own code."""

Note = dict[str, str]


@dataclass(frozen=True)
class Proof:
    """A command whose outcome follows from files and from the machine."""

    command: str
    """With {parts} in it, it proves at once all that have the same command and are in doubt."""
    depends: tuple[str, ...]
    """Files, as pathspecs of git."""
    starts: tuple[str, ...] = ()
    """Files that count with all that is imported from there on."""
    machine: tuple[str, ...] = MACHINE
    """What counts of the machine; nothing where images bring theirs."""
    part: str = ""
    joint: str = " "
    """Stands between the parts."""
    packages: tuple[str, ...] = ()
    """Of Debian, beside those that `.ci/run` always installs."""

    @cached_property
    def code(self) -> Needs:
        """Our code that it depends on."""
        starts = [Path.cwd() / start for start in self.starts]
        return Needs.of(Path.cwd(), starts) if starts else Needs()

    @property
    def paths(self) -> list[str]:
        """All files and folders; of what an author has translated see NO_TRANSLATION."""
        code = (f"{path.relative_to(Path.cwd())}" for path in self.code.files)
        return sorted({*self.depends, *code})


NO_TRANSLATION = ":(exclude)autograder_tests/*.po"
"""What an author says in another language changes no verdict; in a notebook it counts."""


def git(*said: str) -> str:
    """Return what git says of the current folder. Raises CalledProcessError."""
    command = ["git", "-c", "safe.directory=*", *said]  # root's CI may look at another's clone
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def has_history() -> bool:
    """Tell whether the current folder is a clone, and no mere copy of the files."""
    try:
        return bool(git("rev-parse", "HEAD"))
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False


@cache
def machine() -> Note:
    """Return what a verdict depends on beside our files."""
    packages = sorted(f"{d.name} {d.version}" for d in importlib.metadata.distributions())
    bubblewrap = [shutil.which("bwrap") or "true", "--version"]
    return {
        "python": platform.python_version(), "kernel": platform.release(),
        "processor": platform.machine(), "user": "root" if os.geteuid() == 0 else "not root",
        "bubblewrap": subprocess.run(bubblewrap, capture_output=True, text=True).stdout.strip(),
        "packages": hashlib.sha256("\n".join(packages).encode()).hexdigest()[:16],
    }  # fmt: skip


def note(proof: Proof) -> Note:
    """Return what is noted of a proof that succeeds now."""
    files = git("ls-files", "--stage", "--", *proof.paths, NO_TRANSLATION)
    found = hashlib.sha256("\n".join([files, *sorted(proof.code.passed_on)]).encode())
    about = {what: value for what, value in machine().items() if what in proof.machine}
    commit = git("rev-parse", "HEAD").strip()
    return {"commit": commit, "files": found.hexdigest()[:16], **about}


def doubt(proof: Proof, noted: Note | None) -> str:
    """Say why a proof must be run; empty where it stands."""
    if noted is None or not has_history():
        return "no run of it that succeeded is noted"
    if git("status", "--porcelain", "--", *proof.paths, NO_TRANSLATION):
        return "files are not committed"
    commit = noted["commit"]
    try:
        git("merge-base", "--is-ancestor", commit, "HEAD")
    except subprocess.CalledProcessError:
        return f"{commit[:9]}, where it was run, is not in this history"
    now = note(proof)
    if noted["files"] != now["files"]:
        of = (commit, "HEAD", "--", *proof.paths, NO_TRANSLATION)
        changed = git("diff", "--name-only", *of).split()
        some = f": {', '.join(changed[:3])}{', …' * (len(changed) > 3)}" if changed else ""
        return f"since {commit[:9]}, {len(changed)} files that it depends on have changed{some}"
    others = (now.keys() | noted.keys()) - {"commit"}
    unlike = sorted(key for key in others if now.get(key) != noted.get(key))
    return f"since {commit[:9]}, there are other {' and '.join(unlike)}" if unlike else ""
