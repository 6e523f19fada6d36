"""Go through every page in light, in the dark and on a phone, and draw what stands there.

    python tests/walk.py docs/pictures              all pages
    python tests/walk.py docs/pictures class queue  these

A small class is graded for it, compared, and reviewed in a real Chromium; a new assignment is
verified; a wrong notebook is run in JupyterLab.
"""

import io
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import sync_playwright

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.model.request import About
from tests.classroom import notebook, script_of
from tests.report.test_browser import CHROMIUM, FLAGS
from tests.support.jupyterlab import JupyterLab, filled, run_all
from tests.support.served import Served

ROOT = Path(__file__).parents[1]
LOOKS = {"light": (1200, 900, "light"), "dark": (1200, 900, "dark"), "phone": (390, 844, "light")}
"""Width, height and colours."""
COLOURS = 128
CLASS = {
    "4701": ("Kim Minjun", "wrong/heads_not_transposed_back"),
    "4702": ("Lee Jiwoo", "right/plain"),
    "4703": ("박서연", "wrong/no_scale"),
    "4704": ("Ada Okafor", "wrong/heads_not_transposed_back"),
    "4705": ("정하윤", "right/einsum"),
    "4706": ("Noah Schmidt", "wrong/mask_after_softmax"),
    "4707": ("최도윤", "wrong/blank_left"),
    "4708": ("Mia Rossi", "wrong/name_error_with_mask"),
    "4709": ("Jonas Weber", "wrong/no_scale"),
    "4710": ("한지민", "right/loop_over_heads"),
    "4711": ("Sofia Lind", ""),
}
"""Names and samples; one has handed in something else."""
ASKS = "The mask is applied before the softmax in my code, in line 9. Is the check right?"
Page = Any


@dataclass
class Walk:
    """What is gone through, and the browser."""

    folder: Path
    browser: Any
    stack: ExitStack

    def run(self, *words: str) -> None:
        """Run a command of the grader."""
        CliRunner().invoke(main, words, catch_exceptions=False)

    def file(self, path: Path) -> Page:
        """Open a page that is a file."""
        page = self.browser.new_page()
        page.goto(path.as_uri())
        return page

    @property
    def results(self) -> Path:
        """The graded class; it is graded when it is first asked for."""
        results = self.folder / "results"
        if not results.exists():
            handed_in = self.folder / "class"
            handed_in.mkdir()
            for student, (_, sample) in CLASS.items():
                data = notebook(script_of(sample)) if sample else b"%PDF-1.7"
                (handed_in / f"x_{student}_attention.ipynb").write_bytes(data)
            rows = (f"{student},{name}\n" for student, (name, _) in CLASS.items())
            (self.folder / "roster.csv").write_text("id,name\n" + "".join(rows), "utf-8")
            self.run(
                "grade", f"{handed_in}", "-a", "attention", "-o", f"{results}", "-j", "1",
                "--names", "{name}_{id}_*.ipynb", "--roster", f"{self.folder / 'roster.csv'}",
                "--contact", "ta@course.edu",
            )  # fmt: skip
        return results

    def desk(self, at: str) -> Page:
        """Open a page of a reviewer's, who has one request to answer."""
        about = About("4706", "ScaledDotProductAttention", "test_masked_values_have_no_influence")
        head = "From x@y Mon Nov 30 10:00:00 2026\nFrom: Noah Schmidt <noah@course.edu>\n"
        body = f"Subject: Please look again\n\n{ASKS}\n\n{about.lines()}\n"
        mails = self.folder / "regrades.mbox"
        mails.write_text(head + body)
        served = Served(self.results, "kim", mails)
        self.stack.callback(served.close)
        page = self.browser.new_page()
        page.goto(served.door.address)
        page.goto(f"{served.base}{at}")
        return page


def student(walk: Walk) -> Page:
    """A student's page, from the top."""
    return walk.file(walk.results / "4701" / "feedback.html")


def whole_class(walk: Walk) -> Page:
    """The class."""
    return walk.file(walk.results / "report.html")


def queue(walk: Walk) -> Page:
    """Who is to be looked at, by mistakes."""
    return walk.desk("/?by=mistakes")


def submission(walk: Walk) -> Page:
    """Code beside its checks."""
    page = walk.desk("/?by=name&question=merge_heads")
    page.get_by_role("link", name="Kim Minjun").click()
    return page


def requests(walk: Walk) -> Page:
    """Who asks for another look."""
    return walk.desk("/requests")


def similarity(walk: Walk) -> Page:
    """Two hand-ins that share unusual code."""
    out = walk.folder / "similarity"
    if not out.exists():
        walk.results  # noqa: B018  writes the class
        walk.run("similarity", f"{walk.folder / 'class'}", "-a", "attention", "-o", f"{out}")
    return walk.file(out / "similarity.html")


def verify(walk: Walk) -> Page:
    """The kill matrix of an assignment that `grader new` has begun."""
    course = walk.folder / "course"
    if not course.exists():
        for name in ("solutions", "autograder_tests"):
            (course / name).mkdir(parents=True)
        walk.run("--course", f"{course}", "new", "norms")
        walk.run("--course", f"{course}", "verify", "norms", "-o", f"{course / 'out'}")
    return walk.file(course / "out" / "verify.html")


def in_jupyterlab(walk: Walk) -> Page:
    """What stands below a wrong answer in JupyterLab."""
    assignment = Assignment.read(Course.find(ROOT).solution("attention"))
    right = {cell.question: cell.source for cell in assignment.cells if cell.question}
    wrong = {"merge_heads": right["merge_heads"].replace("x.transpose(1, 2)", "x")}
    books, state = walk.folder / "books", walk.folder / "state"
    books.mkdir()
    state.mkdir()
    (books / "attention.ipynb").write_text(filled(assignment, right | wrong))
    lab = walk.stack.enter_context(JupyterLab(books, state))
    page = walk.browser.new_page()
    page.goto(lab.address("attention.ipynb"))
    run_all(page)
    return page


PAGES: dict[str, Callable[[Walk], Page]] = {
    "student": student,
    "class": whole_class,
    "queue": queue,
    "submission": submission,
    "requests": requests,
    "similarity": similarity,
    "verify": verify,
    "notebook": in_jupyterlab,
}
SEEN = {"student": ".start", "verify": "table", "notebook": ".jp-RenderedHTML table[role=img]"}
"""What is to be in sight, where that is not the top."""
TO_THE_MIDDLE = "element => element.scrollIntoView({block: 'center'})"


def files() -> list[str]:
    """Return the names of all pictures."""
    return [f"{page}-{look}.png" for page in PAGES for look in LOOKS]


def draw(names: list[str], target: Path) -> None:
    """Draw pages into a folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        walk = Walk(folder, stack.enter_context(browser.new_context()), stack)
        for name in names:
            page = PAGES[name](walk)
            for look, (width, height, colours) in LOOKS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme=colours)
                if name == "notebook":  # its theme changes behind a picture of the program
                    page.wait_for_timeout(3000)
                    page.locator("#jupyterlab-splash").wait_for(state="detached")
                if name in SEEN:
                    page.locator(SEEN[name]).first.evaluate(TO_THE_MIDDLE)
                (target / f"{name}-{look}.png").write_bytes(small(page.screenshot()))


def small(png: bytes) -> bytes:
    """Return a picture in few colours, of which pages have few."""
    packed = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


if __name__ == "__main__":
    draw(sys.argv[2:] or [*PAGES], Path(sys.argv[1]))
