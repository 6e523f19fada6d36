"""The sample class: hand-ins whose outcome is known, as the files that a course's LMS delivers.

    python -m tests.classroom ASSIGNMENT FOLDER            write the class
    python -m tests.classroom ASSIGNMENT FOLDER RESULTS    is it graded as its first lines say?

A sample is a notebook as a py:percent script in submissions/ASSIGNMENT/, or, where the file itself
is what is wrong, bytes made below. submissions/README.md explains its first line.
"""

import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from grader.course.notebook_format import nbformat  # isort: skip  # it spares jupytext a second
import jupytext

from grader.store.store import Store
from tests.support.expectation import Expectation

SAMPLES = Path(__file__).parent / "submissions"
ATTENTION = "attention"
"""The assignment whose class has hostile samples and damaged files."""
AFTER = "# after "
"""Begins the second line of a sample that has the cells of another one above its own."""


@dataclass(frozen=True)
class HandIn:
    """A sample as the LMS delivers it."""

    path: Path
    expectation: Expectation


def build(folder: Path, assignment: str = ATTENTION) -> dict[str, HandIn]:
    """Write the class into `folder`; return what was made of each sample ("wrong/no_scale")."""
    folder.mkdir(parents=True, exist_ok=True)
    handins = {}
    for name, line, content in samples(assignment):
        path = folder / file_name(name, assignment)
        path.write_bytes(content)
        handins[name] = HandIn(path, Expectation.read(line))
    if len({handin.path for handin in handins.values()}) < len(handins):
        raise ValueError("two samples have the same file name: rename one")
    return handins


def samples(assignment: str = ATTENTION) -> Iterator[tuple[str, str, bytes]]:
    """Yield every sample: its name, its first line and the submitted bytes."""
    for name, line in scripts(assignment):
        yield name, line, notebook(script_of(name, assignment))
    if assignment == ATTENTION:
        yield from damaged(notebook(script_of("right/plain")))


def scripts(assignment: str = ATTENTION) -> Iterator[tuple[str, str]]:
    """Yield every sample that is a script: its name and its first line."""
    for path in sorted((SAMPLES / assignment).glob("*/*.py")):
        name = path.relative_to(SAMPLES / assignment).with_suffix("").as_posix()
        yield name, path.read_text("utf-8").partition("\n")[0]


def expectations(assignment: str = ATTENTION) -> dict[str, Expectation]:
    """Return what must come of each sample. No notebook is made, but the one that is damaged."""
    found = dict(scripts(assignment))
    if assignment == ATTENTION:
        found |= {name: line for name, line, _ in damaged(notebook(script_of("right/plain")))}
    return {name: Expectation.read(line) for name, line in found.items()}


def assignments() -> list[str]:
    """Return the names of the assignments that have a sample class."""
    return sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def script_of(name: str, assignment: str = ATTENTION) -> str:
    """Return the script of a sample without the line that gives it away.

    One that begins with `# after right/plain` has the cells of that one above its own.
    """
    script = (SAMPLES / assignment / f"{name}.py").read_text("utf-8").partition("\n")[2]
    if not script.startswith(AFTER):
        return script
    line, _, script = script.partition("\n")
    return script_of(line.removeprefix(AFTER), assignment) + script


def notebook(script: str) -> bytes:
    """Turn a py:percent script into a notebook, the same bytes every time.

    jupytext makes `# %matplotlib inline` a magic again, and uncomments a cell tagged
    "active-ipynb": that is how a sample holds text which Python cannot parse.
    """
    book = jupytext.reads(script.lstrip(), fmt="py:percent")
    for number, cell in enumerate(book.cells):
        cell.id = f"cell-{number}"
        cell.metadata.clear()
    book.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.writes(book).encode()


def file_name(sample: str, assignment: str = ATTENTION) -> str:
    """Name a file as an LMS does; independent of the other samples, and silent about the sample."""
    number = zlib.crc32(sample.encode())
    return f"{SURNAMES[number % len(SURNAMES)]}_{10_000 + number % 89_989}_{assignment}.ipynb"


SURNAMES = (
    "abebe", "castro", "de la cruz", "dubois", "garcía", "ivanova", "kowalczyk", "łukasiewicz",
    "müller", normalize("NFD", "müller"), "nguyễn", "nuñez", "o'neill", "okafor", "øverland",
    "smith-jones", "şahin", "yılmaz", "김", "박", "이", normalize("NFD", "정"), "최",
)  # fmt: skip
"""Some letters are decomposed, as macOS hands them in."""


def damaged(good: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield the samples that no script can express, made from a good notebook."""
    old = nbformat.convert(nbformat.reads(good, as_version=4), 3)
    conflict = good.replace(b'  {\n   "cell_type": "markdown"', CONFLICT, 1)
    yield (
        "messy/nbformat_3",
        "# passes: saved by an IPython of 2013",
        nbformat.writes(old, 3).encode(),
    )
    yield "messy/byte_order_mark", "# passes: begins with a byte order mark", b"\xef\xbb\xbf" + good
    yield "messy/merge_conflict", "# unreadable: committed with conflict markers", conflict
    yield "messy/truncated", "# unreadable: the upload broke off", good[: len(good) * 2 // 3]
    yield "messy/empty", "# unreadable: an empty file", b""
    yield "messy/web_page", "# unreadable: the page of the notebook, saved as .ipynb", WEB_PAGE
    yield "messy/screenshot", "# unreadable: a picture, renamed to .ipynb", PICTURE
    yield "messy/other_json", "# unreadable: JSON, but no notebook", b'{"name": "attention"}\n'


CONFLICT = b'<<<<<<< HEAD\n  {\n=======\n  {\n>>>>>>> fix softmax\n   "cell_type": "markdown"'
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>attention - Colab</title></head></html>\n"
PICTURE = bytes.fromhex(  # a PNG of one pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8ffff3f0005fe02fe0def46b80000000049454e44ae426082"
)


def differences(handins: dict[str, HandIn], results: Path) -> Iterator[str]:
    """Yield a line for every sample that was graded in another way than its first line says."""
    with Store(results / "grades.sqlite") as store:
        standings = {standing.file: standing for standing in store.standings()}
    for sample, handin in handins.items():
        standing, expected = standings.get(handin.path.name), handin.expectation
        if differs := expected.differs(standing.judgement) if standing else "is not judged":
            yield f"{sample} should be: {expected.outcome} {expected.questions}, and {differs}"


def main(assignment: str, folder: Path, results: Path | None = None) -> int:
    """Write the class and show it; given results, compare them. Return the exit code."""
    handins = build(folder, assignment)
    if results is None:
        for sample, handin in handins.items():
            print(f"{sample:40} {handin.expectation.outcome:20} {handin.path.name}")
        return 0
    found = list(differences(handins, results))
    for line in found:
        print(line)
    print(f"{len(handins) - len(found)} of {len(handins)} are graded as their first lines say.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(Path, sys.argv[2:])))
