"""No document names a file, folder or module of ours that does not exist."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.model.plugin import EXPORT, LANGUAGES, NAMES

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT, capture_output=True, text=True, check=True,
).stdout.splitlines()  # fmt: skip
DOCUMENTS = [name for name in TRACKED if name.endswith(".md") and not name.startswith("grader/")]
OURS = re.compile(r"(?<![\w/.*-])(?:grader|tests|docs|benchmarks|docker|\.ci)/[\w./-]*\w")
"""A path from the root, in code or text."""
ENDING = re.compile(r"`((?:\w+/)*\w+\.py)`")
"""The end of a path, in code."""
MODULE = re.compile(r"(?<![\w/.-])(?:grader|tests|benchmarks)(?:\.(?!md\b)[a-z_]\w*)+(?![\w/(])")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
PUBLIC = {NAMES, EXPORT, LANGUAGES, *(f"grader.{name}" for name in grader.__all__)}
"""Entry points, and what programs import: named like modules."""
SOMEBODYS = {
    "NAME.py", "LATE_5222_1_attention.py", "references.py", ".ci/proved.json", "multiprocessing.py",
}  # fmt: skip
"""What authors and students name, and what is made."""


def absent(text: str, folder: str) -> Iterator[str]:
    """Yield what a document in `folder` names and nobody has."""
    have = {*TRACKED, *(parent.as_posix() for name in TRACKED for parent in Path(name).parents)}
    for path in OURS.findall(text):
        if path not in have | SOMEBODYS:
            yield path
    for end in ENDING.findall(text):
        known = end in SOMEBODYS or any(f"/{name}".endswith(f"/{end}") for name in TRACKED)
        if not known and not end.startswith(("solutions/", "autograder_tests/")):
            yield end
    for module in MODULE.findall(text):
        path = module.replace(".", "/")
        known = {path, f"{path}.py", f"{path.rpartition('/')[0]}.py", f"{path}/__init__.py"}
        if module not in PUBLIC and not have & known:
            yield module
    for link in LINK.findall(text):
        if not (ROOT / folder / link).exists():
            yield link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_names_is_there(name):
    text = (ROOT / name).read_text("utf-8")
    assert sorted(set(absent(text, str(Path(name).parent)))) == []


@pytest.mark.parametrize(
    "text",
    [
        "see tests/test_nowhere.py", "`grader/border/`", "`wire/nowhere.py`", "`nowhere.py`",
        "python -m grader.gradescope", "[page](nowhere.md)", "`grader.border.student`",
    ],
)  # fmt: skip
def test_what_is_not_there_is_found(text):
    assert list(absent(text, "docs"))


def test_what_is_there_is_not_found():
    text = (
        "`grader/files.py`, `guest/wire.py`, `grader.checks.agree`, `tests.exploits`, grader.toml"
    )
    assert set(absent(f"{text} [design](design.md) `docs/`", "docs")) <= {"grader.toml"}
