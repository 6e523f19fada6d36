"""All messages of the code, as Babel extracts them, and the catalogues."""

import re
import tomllib
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
GRADER = ROOT / "grader"
LANGUAGES = sorted((GRADER / "languages").glob("*.po"))
COMPLETE = "This catalogue is complete."
"""What the comment at the head of a catalogue says that may lack nothing."""


@cache
def extracted() -> dict[str | tuple[str, str], set[str]]:
    """Return every message of the code, one with its plural as a pair, and the files it is in."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings["mappings"]]
    found: dict[str | tuple[str, str], set[str]] = {}
    for file, _, message, _, _ in extract_from_dir(GRADER, methods, keywords=keywords()):
        found.setdefault(message, set()).add(file)
    return found


def keywords() -> dict[str, tuple[int, ...] | None]:
    """Return what `make languages` looks for, which stands in the Makefile."""
    given = re.findall(r"-k (\w+)(?::([\d,]+))?", (ROOT / "Makefile").read_text("utf-8"))
    ours = {name: tuple(map(int, at.split(","))) if at else None for name, at in given}
    return {"_": None, "ngettext": (1, 2), **ours}


@cache
def catalogue(path: Path) -> Catalog:
    """Return a catalogue as its .po says."""
    with path.open("rb") as file:
        return read_po(file)


def fields(template: str) -> set[str]:
    """Return the names of the values that a template holds."""
    return set(re.findall(r"\{(\w+)\}", template))
