"""A student's notebook as a page: texts, formulas and code; the checks are folded."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from grader.course.road import Stop

PREPARES, CHECKS = "hide-input", "check"
"""Tags of the cell that brings what checks answers, and of those that hold checks."""
FOLDED = {PREPARES: "What shows the results of the checks", CHECKS: "The checks of this question"}


def page(path: Path, stop: Stop) -> str:
    """Return a notebook as Markdown, with a line on what it asks of students below its title."""
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    title, _, text = cells[0].source.partition("\n")
    rest = (_cell(cell) for cell in cells[1:])
    return "\n\n".join([title, *_about(stop), text.strip(), *rest, ""])


def _about(stop: Stop) -> Iterator[str]:
    before = ", ".join(f"[{name}]({name}.ipynb)" for name in stop.builds_on)
    after = f" · builds on {before}" if before else ""
    yield f"*{stop.learns}*"
    yield (
        f"{stop.hours:g} hours · {'★' * stop.level} · {stop.questions} questions{after} · "
        f"[the notebook as a file](files/{stop.name}.ipynb)"
    )
    yield f"    grader new {stop.name} --from {stop.name}"


def _cell(cell: Any) -> str:
    if cell.cell_type == "markdown":
        return cell.source
    code = f"```python\n{cell.source}\n```"
    tags = cell.metadata.get("tags", ())
    if title := next((FOLDED[tag] for tag in FOLDED if tag in tags), ""):
        return f'??? abstract "{title}"\n\n{textwrap.indent(code, "    ")}'
    return code
