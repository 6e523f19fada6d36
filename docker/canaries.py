"""Canaries: a mark in every file, so that a scan of an image says which files got into it."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CANARY = re.compile(rb"CANARY-\w{8}-\d{4}")
OUTSIDE = ("downloads/kim_1_attention.ipynb", ".env", ".git/config", ".grader/key")
"""What may lie beside the course on somebody's disk, and belongs into no image."""
MARKED = {"solutions", "autograder_tests", "tests", *(name.partition("/")[0] for name in OUTSIDE)}
"""What students must not see, and what no image needs."""


def plant(context: Path) -> dict[str, str]:
    """Copy the repository and mark its files; return which canary stands in which file.

    Two to a Python file: a comment, and a text that survives in byte code.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    names = [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]
    for name in (*names, *OUTSIDE):
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name if name in names else os.devnull, context / name)
    run, canaries = secrets.token_hex(4), {}
    for number, name in enumerate(sorted({*names, *OUTSIDE})):
        if name.partition("/")[0] not in MARKED:
            continue
        path, canary = context / name, f"CANARY-{run}-{number:04}"
        code = f'\n_CANARY = "{canary}"' if path.suffix == ".py" else ""
        with path.open("a") as file:
            file.write(f"{code}\n# {canary}\n")
        canaries[canary] = name
    return canaries


def found(pieces: Iterator[bytes]) -> set[str]:
    """Return the canaries in a stream of bytes."""
    seen, tail = set[str](), b""
    for piece in pieces:
        seen.update(canary.decode() for canary in CANARY.findall(tail + piece))
        tail = piece[-32:]  # one may lie across the border
    return seen
