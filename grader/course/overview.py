"""The page and the picture that show a course's notebooks, in assignments/."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from ..files import replace_file
from .course import Course
from .road import Stop, road

MARK = "<!-- Written by `grader build` from the settings in solutions/: change them there. -->"
"""Stands on top of the page; one without it is the author's own, and is left as it is."""
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 170, 46, 40, 18, 8
"""Of a box, between boxes, and around all of them, in pixels."""
STYLE = """\
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .name { font-weight: 600; }
  .small { font-size: 12px; fill: #59636e; }
  rect { fill: #f6f8fa; stroke: #59636e; }
  path { fill: none; stroke: #8c959f; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .small { fill: #9198a1; }
    rect { fill: #151b23; stroke: #9198a1; }
    path { stroke: #656c76; }
  }"""


def write(course: Course, *, check: bool = False) -> list[str]:
    """Write README.md and road.svg beside the notebooks; with `check`, write nothing.

    Returns the names of those that were not up to date. A README.md of the author's own stays.
    Raises AssignmentError.
    """
    folder, stops = course.root / "assignments", road(course)
    texts = {"README.md": page(stops), "road.svg": picture(stops)}
    if is_own(folder / "README.md"):
        del texts["README.md"]
    stale = [name for name, text in texts.items() if not _holds(folder / name, text)]
    for name in stale if not check else ():
        replace_file(folder / name, texts[name])
    return stale


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_bytes() == text.encode()


def is_own(path: Path) -> bool:
    """Whether a page was written by the author, and not by us."""
    return path.exists() and not path.read_text("utf-8", "replace").startswith(MARK)


def page(stops: Sequence[Stop]) -> str:
    """Return a table of the notebooks."""
    hours = sum(stop.hours for stop in stops)
    said = f"{len(stops)} notebooks" + (f", about {hours:g} hours." if hours else ".")
    rows = [
        "| | notebook | what one learns | hours | level | builds on | questions | points |",
        "|--:|---|---|--:|---|---|--:|--:|",
        *(_row(number, stop) for number, stop in enumerate(stops, 1)),
    ]
    alt = "The notebooks, each to the right of those that it builds on"
    head = [MARK, "", "# The notebooks", "", said, "", f"![{alt}](road.svg)", ""]
    return "\n".join([*head, *rows, ""])


def _row(number: int, stop: Stop) -> str:
    before = ", ".join(f"[{name}]({name}.ipynb)" for name in stop.builds_on)
    title = f"[{stop.title}]({stop.name}.ipynb)"
    parts = (
        number, title, stop.learns, f"{stop.hours:g}" if stop.hours else "", "★" * stop.level,
        before, stop.questions, stop.points,
    )  # fmt: skip
    return f"| {' | '.join(str(part).replace('|', chr(92) + '|') or '–' for part in parts)} |"


def picture(stops: Sequence[Stop]) -> str:
    """Return an SVG: each notebook to the right of those that it builds on."""
    rows, columns = _rows(stops), {stop.name: stop.place for stop in stops}
    wide, high = max(columns.values(), default=0) + 1, max(rows.values(), default=0) + 1
    place = {
        name: (MARGIN + columns[name] * (WIDTH + ACROSS), MARGIN + row * (HEIGHT + DOWN))
        for name, row in rows.items()
    }
    size = (
        f"{2 * MARGIN + wide * (WIDTH + ACROSS) - ACROSS} "
        f"{2 * MARGIN + int(high * (HEIGHT + DOWN)) - DOWN}"
    )
    lines = [_line(place[other], place[stop.name]) for stop in stops for other in stop.builds_on]
    boxes = [_box(stop, *place[stop.name]) for stop in stops]
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
        "<title>The notebooks, each to the right of those that it builds on</title>",
        f"<style>\n{STYLE}\n</style>", *lines, *boxes, "</svg>", "",
    ])  # fmt: skip


def _rows(stops: Sequence[Stop]) -> dict[str, int]:
    """Return the row of each notebook: of those free in its column, the nearest to its bases.

    A row is not free where a line runs along it, to a notebook further right.
    """
    rows: dict[str, int] = {}
    taken = set[tuple[int, int]]()
    places = {stop.name: stop.place for stop in stops}
    ends = {
        stop.name: max((s.place for s in stops if stop.name in s.builds_on), default=stop.place)
        for stop in stops
    }
    for stop in stops:
        near = [rows[other] for other in stop.builds_on]
        wish = sum(near) / len(near) if near else 0.0
        free = (row for row in range(len(stops)) if (stop.place, row) not in taken)
        rows[stop.name] = row = min(free, key=lambda row: (abs(row - wish), row))
        end = max(places[stop.name] + 1, ends[stop.name])
        taken |= {(column, row) for column in range(stop.place, end)}
    return rows


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    """Return a line from the right of one box along its row, and in a curve to another."""
    (x, y), (u, v) = (start[0] + WIDTH, start[1] + HEIGHT // 2), (end[0], end[1] + HEIGHT // 2)
    w = u - ACROSS
    middle = w + ACROSS // 2
    return f'<path d="M{x} {y} H{w} C{middle} {y} {middle} {v} {u} {v}"/>'


def _box(stop: Stop, x: int, y: int) -> str:
    about = " · ".join(filter(None, [f"{stop.hours:g} h" if stop.hours else "", "★" * stop.level]))
    middle = x + WIDTH // 2
    return (
        f'<g><title>{escape(stop.title)}</title><rect x="{x}" y="{y}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="6"/><text class="name" x="{middle}" y="{y + 20}" '
        f'text-anchor="middle">{escape(stop.name)}</text><text class="small" x="{middle}" '
        f'y="{y + 37}" text-anchor="middle">{about}</text></g>'
    )
