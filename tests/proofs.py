"""What CI proves at length, what each proof depends on, and which of them still stand.

    python -m tests.proofs                 prove what is in doubt; with CI_FULL=1 prove everything
    python -m tests.proofs verify demo     prove these, if they are in doubt
    python -m tests.proofs --packages      print Debian's packages that those in doubt need as well

A proof that succeeds on a clean checkout is noted in .ci/proved.json: the commit, a digest of all
files that the proof depends on, and what the machine was. It stands as long as that commit is in
the history, and files and machine are the same. Only then it is not run again, and that is said.

Of our code, a proof depends on what it starts from and on what is imported from there on
(support/imports.py). So a change of a page puts in doubt only what a page takes part in.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from grader.course.include import sources
from tests.support.imports import Needs, Source
from tests.support.proof import ANY_LAYERS, Note, Proof, doubt, git, has_history, note

ROOT = Path(__file__).parents[1]
NOTES = Path(".ci/proved.json")
NOT_HERE = 77
"""Exit code of a command that proves nothing, since this machine cannot run it."""
SETUP = ("pyproject.toml", "Makefile", ".ci/run")
COURSE = ("solutions", "autograder_tests", "assignments")
NAMES = sorted(path.stem for path in (ROOT / "solutions").glob("*.py"))
OF_EACH = {
    "run": ("tests/assignments/test_notebooks.py", "tests/assignments/test_samples.py"),
    "give": (
        "tests/course/test_release.py", "tests/report/test_handout.py",
        "tests/exchange/gradescope/test_full_points.py",
    ),
}  # fmt: skip
"""Tests of every assignment. What they prove of one depends on no other: it is run in a kernel and
its samples are judged; what students get is complete, and holds no solution; what is uploaded to
Gradescope gives a right submission all points."""
SLURM = "tests/judging/test_slurm.py"
"""Its tests are skipped where there is no Slurm; as a proof they have to say so instead."""
CERTIFICATES = "tls-ca-file"
"""Tests that say this have certificates made, by a program that not every Debian has."""


def tracked(*patterns: str) -> tuple[str, ...]:
    """Return the files that patterns name, by their paths."""
    found = (path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return tuple(sorted(f"{path.relative_to(ROOT)}" for path in found if path.suffix != ".pyc"))


MORE = {
    "tests/docs/test_tutorial.py": ("grader/cli/main.py", "docs/tutorial.md"),
    "tests/docs/test_start.py": ("grader/cli/main.py", *tracked("docs/start/*")),
    "tests/docs/test_built_site.py": (
        "grader/api.py", "grader/cli/main.py",
        *tracked("mkdocs.yml", "docs/**/*", "assignments/*", "C*.md"),
    ),
    "tests/docs/test_ci_steps.py": ("grader/cli/main.py", *tracked("docs/ci/*")),
    "tests/system/test_alone.py": ("grader/cli/main.py", "README.md"),
}  # fmt: skip
"""What a test starts from beside itself: the commands that it runs are in a document."""


def of(name: str) -> tuple[str, ...]:
    """Return what belongs to an assignment of this course."""
    folders = (f"autograder_tests/{name}", f"tests/submissions/{name}")
    places = (*solutions(name), f"assignments/{name}.ipynb", *folders)
    return tuple(place for place in places if (ROOT / place).exists())


def solutions(name: str) -> tuple[str, ...]:
    """Return the file that an assignment is written in, and those that it includes."""
    path = ROOT / "solutions" / f"{name}.py"
    return tuple(f"solutions/{file.name}" for file in (path, *sources(path)))


def checks(name: str) -> tuple[str, ...]:
    """Return the Python files by which an assignment is graded and verified."""
    found = sorted((ROOT / "autograder_tests" / name).glob("*.py"))
    return (*solutions(name), *(f"{path.relative_to(ROOT)}" for path in found))


def verified(name: str) -> Proof:
    """Hold the checks of an assignment against mistakes and variants."""
    return Proof(
        f"{sys.executable} -m tests.verified {name}", (f"autograder_tests/{name}",),
        ("tests/verified.py", *checks(name)), ANY_LAYERS,
    )  # fmt: skip


def long_tests_of(name: str, files: tuple[str, ...]) -> Proof:
    """Run the long tests that these files have for an assignment."""
    return Proof(
        f"make whole FILES='{' '.join(files)}' ONLY='{{parts}}'", (*SETUP, *of(name)),
        (*files, *checks(name)), part=f"[{name}] or [{name}- or -{name}]", joint=" or ",
    )  # fmt: skip


def whole(path: Path) -> Proof:
    """Run the long tests of a file. Those name the assignments that they need."""
    file = f"{path.relative_to(ROOT)}"
    named = {
        word
        for found in Needs.of(ROOT, [path]).files
        if found.is_relative_to(ROOT / "tests") and found.suffix == ".py"
        for word in Source.read(found, ROOT).words
    }
    ours = [name for name in NAMES if name in named]
    return Proof(
        "make whole FILES='{parts}'", (*SETUP, *(p for name in ours for p in of(name))),
        (file, *MORE.get(file, ()), *(p for name in ours for p in checks(name))), part=file,
        packages=("openssl",) if CERTIFICATES in named else (),
    )  # fmt: skip


def long_tests() -> list[Path]:
    """Return the files of tests that are marked `whole` and are not proved for each assignment."""
    found = sorted((ROOT / "tests").rglob("test_*.py"))
    marked = (path for path in found if "mark.whole" in path.read_text("utf-8"))
    others = {SLURM, *(file for files in OF_EACH.values() for file in files)}
    return [path for path in marked if f"{path.relative_to(ROOT)}" not in others]


PROOFS = {
    "exploits": Proof(
        "make exploits", (*SETUP, *of("attention"), "tests/exploits"),
        ("tests/exploits/__main__.py", *checks("attention")),
    ),
    **{f"whole-{path.parent.name}-{path.stem[5:]}": whole(path) for path in long_tests()},
    **{
        f"{kind}-{name}": long_tests_of(name, files)
        for kind, files in OF_EACH.items()
        for name in NAMES
    },
    **{f"verify-{name}": verified(name) for name in NAMES},
    "demo": Proof(
        "make demo", (*SETUP, *of("attention")),
        ("tests/classroom.py", "grader/cli/main.py", *checks("attention")),
    ),
    "slurm": Proof(
        f"{sys.executable} -m tests.slurm", (*SETUP, "docs/scale.md"),
        ("tests/slurm.py", SLURM), part=SLURM,
        packages=("slurmctld", "slurmd", "slurm-client", "openssl"),
    ),
    "images": Proof(
        "timeout --kill-after=30 900 docker/verify",
        ("docker", "grader", "pyproject.toml", ".dockerignore", *COURSE, ".ci/run"), machine=(),
    ),
}  # fmt: skip


def stands(name: str, proof: Proof, noted: Note | None, *, always: bool) -> bool:
    """Say whether a proof is run, and why."""
    reason = "everything is" if always else doubt(proof, noted)
    if reason:
        print(f"{name}: run, for {reason}.", flush=True)
        return False
    assert noted
    print(f"{name}: NOT RUN. All that it depends on is as at {noted['commit'][:9]}, ", end="")
    print("where it succeeded: the same files, packages and Python.", flush=True)
    return True


def prove(proofs: dict[str, Proof]) -> tuple[int, dict[str, Note]]:
    """Run proofs that have the same command; return its exit code, and what is to be noted."""
    said, first = ", ".join(proofs), next(iter(proofs.values()))
    parts = first.joint.join(proof.part for proof in proofs.values())
    command = first.command.replace("{parts}", parts)
    began = time.monotonic()
    now = {name: note(proof) for name, proof in proofs.items()} if has_history() else {}
    code = subprocess.run(command, shell=True).returncode
    print(f"{said}: exit code {code} after {time.monotonic() - began:.0f} s.", flush=True)
    if code == NOT_HERE:
        print(f"{said}: SKIPPED. This machine cannot run it, see above; nothing is proved.")
        return 0, {}
    clean = now and not git("status", "--porcelain", "--", ".", f":!{NOTES}")
    return code, now if clean and code == 0 else {}


def packages(proofs: dict[str, Proof] = PROOFS) -> list[str]:
    """Return Debian's packages that the proofs in doubt need."""
    notes: dict[str, Note] = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    always = bool(os.environ.get("CI_FULL"))
    found = (
        proof.packages
        for name, proof in proofs.items()
        if proof.packages and (always or doubt(proof, notes.get(name)))
    )
    return sorted({package for packages in found for package in packages})


def main(names: Sequence[str], proofs: dict[str, Proof] = PROOFS) -> int:
    """Prove what is in doubt, and note what succeeds; return the first exit code that is not 0."""
    notes: dict[str, Note] = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    always = bool(os.environ.get("CI_FULL"))
    in_doubt: dict[str, dict[str, Proof]] = {}
    for name, proof in proofs.items():
        asked = not names or any(f"{name}-".startswith(f"{given}-") for given in names)
        if asked and not stands(name, proof, notes.get(name), always=always):
            in_doubt.setdefault(proof.command, {})[name] = proof
    found = {name: noted for name, noted in notes.items() if name in proofs}
    worst = 0
    for together in in_doubt.values():
        worst, succeeded = prove(together)
        if worst:
            break
        found |= succeeded
    if found != notes:
        NOTES.parent.mkdir(exist_ok=True)
        NOTES.write_text(json.dumps(found, indent=1) + "\n")
    return worst


if __name__ == "__main__":
    os.chdir(ROOT)
    if sys.argv[1:] == ["--packages"]:
        sys.exit(print(*packages()))
    sys.exit(main(sys.argv[1:]))
