"""What CI proves at length, what each proof depends on, and which of them still stand.

    python -m tests.proofs                 prove what is in doubt; with CI_FULL=1 prove everything
    python -m tests.proofs exploits demo   prove these, if they are in doubt

A proof that succeeds on a clean checkout is noted in .ci/proved.json: the commit, a digest of all
files that the proof depends on, and what the machine was. It stands as long as that commit is in
the history, and files and machine are the same. Only then it is not run again, and that is said.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.course.include import sources

ROOT = Path(__file__).parents[1]
NOTES = Path(".ci/proved.json")
NOT_HERE = 77
"""Exit code of a command that proves nothing, since this machine cannot run it."""

Note = dict[str, str]


@dataclass(frozen=True)
class Proof:
    """A command whose outcome follows from files and from the machine."""

    command: str
    depends: tuple[str, ...]
    """The files, as pathspecs of git."""
    brings_its_machine: bool = False
    """Whether it runs in images, whose packages are fixed by files."""


CODE = ("grader", "pyproject.toml", "Makefile", ".ci/run")
COURSE = ("solutions", "autograder_tests", "assignments")
PROOFS = {
    "exploits": Proof(
        "make exploits",
        (*CODE, "solutions/attention.py", "autograder_tests/attention", "tests/exploits",
         "tests/support", "tests/classroom.py", "tests/submissions"),
    ),
    "whole": Proof(
        "make whole", (*CODE, *COURSE, "tests", ":!tests/exploits", "docs/tutorial.md")
    ),
    **{
        f"verify-{name}": Proof(
            f"make verify ASSIGNMENT={name}",
            (*CODE, *(f"solutions/{p.name}" for p in (path, *sources(path))),
             f"autograder_tests/{name}"),
        )
        for name, path in sorted((p.stem, p) for p in (ROOT / "solutions").glob("*.py"))
    },
    "demo": Proof(
        "make demo",
        (*CODE, "solutions/attention.py", "autograder_tests/attention", "tests/submissions",
         "tests/classroom.py", "tests/support"),
    ),
    "images": Proof(
        "timeout --kill-after=30 900 docker/verify",
        ("docker", "grader", "pyproject.toml", ".dockerignore", *COURSE, ".ci/run"),
        brings_its_machine=True,
    ),
}  # fmt: skip


def git(*words: str) -> str:
    """Return what git says of the current folder. Raises CalledProcessError."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        *words,
    ]  # root's CI may look at another user's clone
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def has_history() -> bool:
    """Tell whether the current folder is a clone, and no mere copy of the files."""
    try:
        return bool(git("rev-parse", "HEAD"))
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False


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
    files = git("ls-files", "--stage", "--", *proof.depends)
    about = {} if proof.brings_its_machine else machine()
    digest = hashlib.sha256(files.encode()).hexdigest()[:16]
    return {"commit": git("rev-parse", "HEAD").strip(), "files": digest, **about}


def doubt(proof: Proof, noted: Note | None) -> str:
    """Say why a proof must be run; empty where it stands."""
    if noted is None or not has_history():
        return "no run of it that succeeded is noted"
    if git("status", "--porcelain", "--", *proof.depends):
        return "files are not committed"
    commit = noted["commit"]
    try:
        git("merge-base", "--is-ancestor", commit, "HEAD")
    except subprocess.CalledProcessError:
        return f"{commit[:9]}, where it was run, is not in this history"
    now = note(proof)
    if noted["files"] != now["files"]:
        changed = git("diff", "--name-only", commit, "HEAD", "--", *proof.depends).split()
        return f"since {commit[:9]}, {len(changed)} files that it depends on have changed"
    others = (now.keys() | noted.keys()) - {"commit"}
    unlike = sorted(key for key in others if now.get(key) != noted.get(key))
    return f"since {commit[:9]}, there are other {' and '.join(unlike)}" if unlike else ""


def prove(name: str, proof: Proof, noted: Note | None, *, always: bool) -> tuple[int, Note | None]:
    """Run a proof if it is in doubt; return its exit code, and what is to be noted."""
    reason = "everything is" if always else doubt(proof, noted)
    if not reason:
        assert noted
        print(f"{name}: NOT RUN. All that it depends on is as at {noted['commit'][:9]}, ", end="")
        print("where it succeeded: the same files, packages, Python and kernel.", flush=True)
        return 0, noted
    print(f"{name}: run, for {reason}.", flush=True)
    began, now = time.monotonic(), note(proof) if has_history() else None
    code = subprocess.run(proof.command, shell=True).returncode
    print(f"{name}: exit code {code} after {time.monotonic() - began:.0f} s.", flush=True)
    if code == NOT_HERE:
        print(f"{name}: SKIPPED. This machine cannot run it, see above; nothing is proved.")
        return 0, noted
    clean = now and not git("status", "--porcelain", "--", ".", f":!{NOTES}")
    return code, now if clean and code == 0 else noted


def main(names: Sequence[str], proofs: dict[str, Proof] = PROOFS) -> int:
    """Prove what is in doubt, and note what succeeds; return the first exit code that is not 0."""
    notes: dict[str, Note] = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    always = bool(os.environ.get("CI_FULL"))
    found, worst = dict(notes), 0
    for name in names or proofs:
        worst, said = prove(name, proofs[name], notes.get(name), always=always)
        if worst:
            break
        found |= {name: said} if said else {}
    if found != notes:
        NOTES.parent.mkdir(exist_ok=True)
        NOTES.write_text(json.dumps(found, indent=1) + "\n")
    return worst


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
