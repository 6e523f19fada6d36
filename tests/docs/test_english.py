"""Phrases that read as translated do not come back: in the code's words and in the documents."""

import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTEAD = {
    r"(?<![Tt]here )\b(?:is|are|was|were|be) no\b(?! (?:longer|more)\b)": "is not a",
    r", too(?=[.,;:)\]|\"]|$)": "as well, also",
    r"[,;] for (?:it|its|their|there|nobody|he|she|such) ": "because",
    r"\b[Oo]f whom\b": "of which, who",
    r"\ball that\b": "everything, all",
    r"\bto be had\b": "available",
    r"\bhand-ins?\b": "submission",
    r"\bwalls\b|\bno wall\b": "layers, not a layer",
}
"""What is counted, and what to write."""
WORDS = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
SPOKEN = [
    name
    for name in subprocess.run(
        ["git", "ls-files", "grader", "docs", "README.md", "CONTRIBUTING.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()
    if name.endswith((".py", ".md", ".html", ".sh", ".yml")) and (ROOT / name).is_file()
]  # fmt: skip


def words(name: str) -> str:
    """Return a file's text, of Python what is said in it: strings and comments."""
    text = (ROOT / name).read_text("utf-8")
    if name.endswith(".py"):
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        text = "\n".join(token.string for token in tokens if token.type in WORDS)
    return text


def found(pattern: str, text: str) -> list[str]:
    """Return the lines with a phrase."""
    text = re.sub(r"https?://\S+|`[^`\n]*`", "", text)
    return [line.strip() for line in text.splitlines() if re.search(pattern, line)]


@pytest.mark.parametrize("pattern", INSTEAD)
def test_a_phrase_is_nowhere(pattern):
    lines = {name: found(pattern, words(name)) for name in SPOKEN}
    assert {name: some for name, some in lines.items() if some} == {}, f"Write: {INSTEAD[pattern]}"


def test_phrases_are_found_and_their_neighbours_are_not():
    wrong = [
        "this is no CSV", "it does so, too.", "fails, for its shape is", "of whom it is known",
        "all that is", "to be had here", "a late hand-in", "which walls hold",
    ]  # fmt: skip
    right = "there is no file; it is no longer so; too large, too small; wall time; hand it in"
    for pattern, text in zip(INSTEAD, wrong, strict=True):
        assert found(pattern, text) and not found(pattern, right)
