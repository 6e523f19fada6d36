"""Pages of the site that are not files in docs/, and where links to the rest of the tree lead.

On GitHub a page in docs/ links to files by their relative paths, as everywhere. Of these, some are
pages of the site as well, at places of their own; all others are read on GitHub.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from grader.course.course import Course
from grader.course.road import road

from . import notebook

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/torch-grader/torch-grader"
LINK = re.compile(
    r"(?:(?<=\[)(?P<file>[\w/-]+\.md))?\]\((?![a-z]+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)"
)
SHOWN = (".md", ".png", ".svg")
"""Of files in docs/, what the site shows; all others are read on GitHub."""
OPTIONS = """\
# Every option

What `grader COMMAND --help` prints, made from the commands themselves. What they do, with
examples and exit codes, is in [Commands](commands.md).

::: mkdocs-click
    :module: docs.site.commands
    :command: main
    :prog_name: grader
    :depth: 1
    :style: plain
"""
NAMES = """\
# Every name for Python

What `import grader` has, made from the docstrings. How it is used is in
[From Python, and from other packages](api.md).

::: grader.api
"""
STOPS = road(Course(ROOT))
PLACES = {
    **{name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md")},
    **{f"assignments/{name}": f"assignments/{name}" for name in ("README.md", "road.svg")},
    **{f"assignments/{stop.name}.ipynb": f"assignments/{stop.name}.md" for stop in STOPS},
    **{
        f"assignments/files/{stop.name}.ipynb": f"assignments/files/{stop.name}.ipynb"
        for stop in STOPS
    },
}
"""Paths in the tree that have a place on the site of their own."""
FILES = {
    "CHANGELOG.md": ROOT / "CHANGELOG.md",
    "CONTRIBUTING.md": ROOT / "CONTRIBUTING.md",
    "assignments/README.md": ROOT / "assignments/README.md",
    "assignments/road.svg": ROOT / "assignments/road.svg",
    **{
        f"assignments/files/{stop.name}.ipynb": ROOT / "assignments" / f"{stop.name}.ipynb"
        for stop in STOPS
    },
}
"""Files of the site that are taken as they are from elsewhere in the tree."""


def made() -> Iterator[tuple[str, str]]:
    """Yield the pages that are written when the site is built: their place, and their Markdown."""
    yield "options.md", OPTIONS
    yield "names.md", NAMES
    for stop in STOPS:
        path = ROOT / "assignments" / f"{stop.name}.ipynb"
        yield f"assignments/{stop.name}.md", notebook.page(path, stop)


def with_links(markdown: str, place: str) -> str:
    """Return a page of the site with each link to a file of the tree led to where that is read.

    A link that is called by the name of a page's file is called by the page's title.
    """
    origins = {there: here for here, there in PLACES.items()}
    origin = origins.get(place, f"docs/{place}")

    def led(link: re.Match[str]) -> str:
        text = link["file"] and _title(_path(link["path"], origin), link["file"])
        there = _led(link["path"], origin, place) + (link["anchor"] or "")
        return f"{text or ''}]({there})"

    return LINK.sub(led, markdown)


def _path(link: str, origin: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(origin), link))


def _title(path: str, name: str) -> str:
    file = ROOT / path
    if not (path.startswith("docs/") and file.is_file()):
        return name
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# ")


def _led(link: str, origin: str, place: str) -> str:
    path = _path(link, origin)
    here = posixpath.dirname(place) or "."
    if path in PLACES:
        return posixpath.relpath(PLACES[path], here)
    if path.startswith("docs/") and path.endswith(SHOWN):
        return posixpath.relpath(path.removeprefix("docs/"), here)
    if not (ROOT / path).exists():
        return link  # of the site alone, or broken: mkdocs says so
    return f"{REPOSITORY}/{'tree' if (ROOT / path).is_dir() else 'blob'}/main/{path}"
