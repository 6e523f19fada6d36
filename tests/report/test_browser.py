"""The pages in a real browser: they load alone, sort, search, fit a phone and run nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from grader.model.code import Code
from grader.model.guidance import Example, Guidance, Row
from grader.model.judgement import Judgement
from grader.model.picture import Grid, Reach, Shapes
from grader.model.result import Result, Status
from grader.model.standing import Standing
from grader.report.pages import write, write_class
from grader.report.roll import Roll
from tests.support.standings import PICTURES, RESULTS
from tests.support.standings import a_standing as of_few

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

HOSTILE = (
    "<img src=https://evil.example/x onerror=alert(1)><script>alert(2)</script>\"' onclick=alert(3)"
)
LONG = "x" * 400
TRACEBACK = (
    f"It stopped.\nTraceback (most recent call last):\n  File 'cell 1', line 1\n    {LONG}\nE"
)
AT_LINE_2 = 'Traceback (most recent call last):\n  File "code cell 1", line 2, in f'
GUIDANCE = Guidance(
    (HOSTILE, LONG), Example(f"{HOSTILE}\n{LONG}", (Row(HOSTILE, LONG, HOSTILE, False),))
)
QUESTIONS = ("ScaledDotProductAttention", "split_heads", "merge_heads", "MultiHeadAttention")


def a_standing(student: str, number: int) -> Standing:
    """Return a Standing with every status, points that depend on the number, and hostile text."""
    statuses = list(Status)[: 6 + (number == 3)]  # one student has a grader_error, so no score
    results = [
        Result(
            f"test_{question}_{status}",
            question,
            status,
            1,
            f"`{status}` of √d, {HOSTILE}",
            traceback=AT_LINE_2 if status is Status.TIMED_OUT else "",
            guidance=GUIDANCE if status is Status.FAILED else None,
            mistake="no_scale" * (status is Status.FAILED and question == QUESTIONS[-1]),
        )
        for question in QUESTIONS
        for status in statuses
    ]
    results += [
        Result(
            "test_long", "split_heads", Status.STUDENT_ERROR, 1, LONG, TRACEBACK, detail=HOSTILE,
            guidance=GUIDANCE,
        ),
        Result("test_more", "split_heads", Status.PASSED, number, "More."),
        *(
            Result(
                f"test_drawn_{i}", "MultiHeadAttention", Status.FAILED, 0, "Drawn.", f"{i}",
                picture=picture,
            )
            for i, picture in enumerate(DRAWN)
        ),
    ]  # fmt: skip
    judgement = Judgement(
        assignment="attention",
        title=f"Attention {HOSTILE}",
        sha256="ab" * 32,
        questions=QUESTIONS,
        results=tuple(results),
        notes=(HOSTILE, LONG),
        problem=HOSTILE if number == 5 else "",
        output=HOSTILE,
        layers=("seccomp",),
        code=tuple(Code(q, 1, 1, f"def f():\n  {HOSTILE}\n  {LONG}") for q in QUESTIONS),
        uses=("torch.nn.functional.scaled_dot_product_attention", LONG[:100]),
    )
    return Standing(student, f"{HOSTILE}{LONG}.ipynb", judgement)


DRAWN = (
    *PICTURES,
    Grid(HOSTILE, ("n_Q", "n_K"), (28, 16), ("0123401234012340",) * 16, ("B = 1", "H = 2")),
    Reach("x", "T", tuple(map(str, range(32))), "01234" * 6 + "44"),
    Reach("", "", (LONG, "V"), "04"),
    Shapes("out", ("B", "H", "T", "d_head", "x"), (2, 3, 5, 4, 1), (120,)),
)
STUDENTS = [f"student{n:02}" for n in range(28)] + ["김민준", "<b onclick=alert(4)>"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Points fall as names rise, so that sorting by score has something to do.
    standings = [a_standing(student, 40 - i) for i, student in enumerate(STUDENTS)]
    standings[7] = a_standing(STUDENTS[7], 3)
    standings[8] = a_standing(STUDENTS[8], 5)
    write_class(Roll.of(sorted(standings, key=lambda standing: standing.student)), folder)
    for standing in standings:
        write(standing, folder / standing.student)
    write_class(Roll.of(standings), folder / "ko", "ko")
    write(standings[0], folder / "ko" / STUDENTS[0], "ko")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page, and everything it did that we did not ask for."""

    page: Any
    surprises: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def seen(browser: Any) -> Iterator[Seen]:
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    seen = Seen(context.new_page())
    page = seen.page
    page.on("console", lambda message: seen.surprises.append(message.text))
    page.on("pageerror", lambda error: seen.surprises.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("dialog", lambda dialog: (seen.surprises.append(dialog.message), dialog.dismiss()))
    yield seen
    context.close()


def names(page: Any) -> list[str]:
    """Return the students in the table's visible rows, from top to bottom."""
    texts: list[str] = page.locator("#students tbody tr:visible th").all_inner_texts()
    return [text.strip() for text in texts]


@pytest.mark.parametrize(
    "name", ["report.html", "student00/feedback.html", "student07/feedback.html", "ko/report.html"]
)
def test_a_page_loads_alone_and_in_silence(site: Path, seen: Seen, name: str) -> None:
    address = (site / name).as_uri()
    seen.page.goto(address)
    seen.page.mouse.click(200, 200)
    assert seen.surprises == []  # no error, no refused style or script, no alert
    assert seen.requests == [address]
    assert "evil.example" in seen.page.inner_text("body")  # the text is there, as text


@pytest.mark.parametrize("name", ["report.html", "student00/feedback.html"])
def test_what_slips_into_a_page_is_refused_by_the_policy(site: Path, seen: Seen, name: str) -> None:
    seen.page.goto((site / name).as_uri())
    seen.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "alert(5)";
          const image = "<img src=https://evil.example onerror=alert(6)>";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", image);
        }"""
    )
    seen.page.wait_for_timeout(100)
    assert not {"5", "6"} & set(seen.surprises)
    assert all("Content Security Policy" in surprise for surprise in seen.surprises)
    assert len(seen.surprises) >= 3  # the script, the image, the handler


def test_the_style_applies(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "student00/feedback.html").as_uri())
    assert seen.page.evaluate("getComputedStyle(document.body).maxWidth") != "none"


def test_a_click_on_a_head_sorts_by_number_and_another_one_turns_it_round(
    site: Path, seen: Seen
) -> None:
    seen.page.goto((site / "report.html").as_uri())
    before = names(seen.page)
    assert before == sorted(STUDENTS)
    head = seen.page.locator("#students thead th", has_text="Score")
    head.get_by_role("button").click()
    cells = seen.page.locator("#students tbody tr td:nth-child(2)")
    scores = cells.all_inner_texts()
    assert scores[0] == "–"  # without a score: first, as it needs somebody
    assert [int(s) for s in scores[1:]] == sorted(int(s) for s in scores[1:])
    assert len(set(scores)) > 20 and {len(s) for s in scores[1:]} == {1, 2}
    assert head.get_attribute("aria-sort") == "ascending"
    head.get_by_role("button").click()
    assert cells.all_inner_texts() == scores[::-1]
    assert head.get_attribute("aria-sort") == "descending"
    seen.page.locator("#students thead th", has_text="Student").get_by_role("button").click()
    assert len(names(seen.page)) == len(STUDENTS)
    assert head.get_attribute("aria-sort") is None


def test_the_keyboard_sorts_too(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "report.html").as_uri())
    seen.page.get_by_role("region", name="Students").focus()
    for key in ("Tab", "Tab", "Enter"):  # Student, Score
        seen.page.keyboard.press(key)
    assert seen.page.locator("th[aria-sort=ascending]").inner_text().startswith("Score")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("student1", [f"student1{n}" for n in range(10)]),
        ("STUDENT27", ["student27"]),
        ("김민준", ["김민준"]),
        (normalize("NFD", "김민준"), ["김민준"]),  # as macOS writes file names
        ("nobody", []),
    ],
)
def test_the_search_leaves_the_rows_that_match(
    site: Path, seen: Seen, words: str, found: list[str]
) -> None:
    seen.page.goto((site / "report.html").as_uri())
    seen.page.get_by_role("searchbox", name="Search").fill(words)
    assert names(seen.page) == found
    assert seen.page.locator(".find output").inner_text() == f"{len(found)} of {len(STUDENTS)}"


def test_every_student_can_be_opened_from_the_table(site: Path, seen: Seen) -> None:
    for student in ("student00", "김민준"):
        seen.page.goto((site / "report.html").as_uri())
        seen.page.locator("#students").get_by_role("link", name=student, exact=True).click()
        assert f"Feedback for {student}" in seen.page.inner_text("header")


def test_without_scripts_the_table_is_whole_and_no_dead_search_is_shown(
    site: Path, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "report.html").as_uri())
    assert page.locator("#students tbody tr").count() == len(STUDENTS)
    assert not page.locator("#search").is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "report.html", "student00/feedback.html", "student08/feedback.html",
        "ko/report.html", "ko/student00/feedback.html",
    ],
)  # fmt: skip
def test_a_phone_needs_no_sideways_scrolling(
    site: Path, browser: Any, name: str, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    page.goto((site / name).as_uri())
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_axe_finds_nothing_serious(browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    small = [of_few("lee"), of_few("oh", problem="A PDF."), a_standing("kim3", 3)]
    write_class(Roll.of(small[:2]), tmp_path)
    write(small[2], tmp_path / "kim3")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for name in ("report.html", "kim3/feedback.html"):
        page.goto((tmp_path / name).as_uri())
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found = axe.run(page).response
        serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert len(found["passes"]) > 10, "it has looked"
        assert not serious, [(v["id"], v["nodes"][0]["html"]) for v in serious]
    context.close()


def test_a_class_of_84_is_4000_pixels_high_before_anything_is_unfolded(
    seen: Seen, tmp_path: Path
) -> None:
    """Of 84, 12 need a person for each of three reasons; 12 run out of time, in 12 checks."""
    blank = replace(RESULTS[5], error="NotImplementedError", traceback="")
    ends = [
        {"results": tuple(replace(r, message=f"{n} is off.") for r in RESULTS)} for n in range(36)
    ]
    for some in (
        {"results": (), "problem": "This file is a PDF, not a notebook. Hand in the notebook."},
        {"results": (blank,), "problem": "Nothing is filled in here: this is the notebook."},
        {"results": (replace(RESULTS[1], status=Status.GRADER_ERROR),)},
    ):
        ends += [some] * 12
    late = replace(RESULTS[1], status=Status.TIMED_OUT)
    ends += [{"results": (replace(late, check=f"test_{n}"),)} for n in range(12)]
    standings = [of_few(f"kim_minjun_{n:05}", **end) for n, end in enumerate(ends)]
    write_class(Roll.of(standings), tmp_path)
    seen.page.set_viewport_size({"width": 1200, "height": 800})
    seen.page.goto((tmp_path / "report.html").as_uri())
    assert seen.page.locator("#students tbody tr").count() == 84
    assert seen.page.evaluate("document.documentElement.scrollHeight") <= 4000


def test_drawings_are_named_and_told_to_those_who_do_not_see_them(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "student00/feedback.html").as_uri())
    seen.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    told = "Where weights is off n_Q 1: n_K 1–2; n_Q 2: n_K 1–2; n_Q 3: n_K 0–2; right elsewhere"
    assert seen.page.get_by_role("img", name=told, exact=True).count() == 1
    told = "How much of the gradient arrives at x, along T nothing arrives at T = 0"
    assert seen.page.get_by_role("img", name=told, exact=True).count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_off_stands_out_from_the_paper(site: Path, browser: Any, scheme: str) -> None:
    """At least 3:1, as WCAG 1.4.11 asks of what carries meaning."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto((site / "student00/feedback.html").as_uri())
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    ratios = page.evaluate(CONTRAST)
    assert ratios.keys() == {"right", "off-1", "off-2", "off-3", "off-4", "arrives"}
    assert min(ratios.values()) >= 3, ratios
    context.close()


CONTRAST = """() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = numbers(getComputedStyle(document.querySelector(".frame")).fill);
  const found = {};
  for (const name of ["right", "off-1", "off-2", "off-3", "off-4", "arrives"]) {
    const style = getComputedStyle(document.querySelector(`.picture .${name}`));
    const share = Number(style.fillOpacity);
    const ink = numbers(style.fill).map((c, i) => c * share + paper[i] * (1 - share));
    const [dark, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
    found[name] = (bright + 0.05) / (dark + 0.05);
  }
  return found;
}"""


def test_print_shows_what_is_folded_and_no_search(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "report.html").as_uri())
    seen.page.emulate_media(media="print")
    folded = seen.page.locator("#mistakes details .people").first
    assert folded.bounding_box()["height"] > 0
    assert not seen.page.get_by_role("searchbox").is_visible()
    assert seen.page.pdf(format="A4")[:5] == b"%PDF-"


def test_a_korean_class_is_searched_in_korean(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "ko/report.html").as_uri())
    assert seen.page.evaluate("document.documentElement.lang") == "ko"
    seen.page.get_by_role("searchbox", name="검색").fill("student1")
    assert seen.page.locator(".find output").inner_text() == f"{len(STUDENTS)}명 중 10명"


def test_a_mistake_is_found_by_its_name(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "report.html").as_uri())
    seen.page.get_by_role("searchbox", name="Search").fill("no_scale")
    assert len(names(seen.page)) == len(STUDENTS)


def test_the_search_shows_the_table_alone(site: Path, seen: Seen) -> None:
    seen.page.goto((site / "report.html").as_uri())
    seen.page.get_by_role("searchbox", name="Search").fill("student1")
    assert seen.page.locator("main > :visible").all_inner_texts()[0].startswith("Students")
    seen.page.get_by_role("searchbox", name="Search").fill("")
    assert seen.page.get_by_text("The most frequent mistakes").is_visible()
