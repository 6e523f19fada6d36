"""The pages in a real browser: they load alone, sort, search, fit a phone and run nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from grader.report import write, write_class
from grader.verdict import Report, Result, Status

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
QUESTIONS = ("ScaledDotProductAttention", "split_heads", "merge_heads", "MultiHeadAttention")


def a_report(student: str, number: int) -> Report:
    """Return a report with every status, points that depend on the number, and hostile text."""
    statuses = list(Status)[: 6 + (number == 3)]  # one student has a grader_error, so no score
    results = [
        Result(f"test_{question}_{status}", question, status, 1, f"`{status}` of √d, {HOSTILE}")
        for question in QUESTIONS
        for status in statuses
    ]
    results += [
        Result(
            "test_long", "split_heads", Status.STUDENT_ERROR, 1, LONG, TRACEBACK, detail=HOSTILE
        ),
        Result("test_more", "split_heads", Status.PASSED, number, "More."),
    ]
    return Report(
        assignment="attention",
        title=f"Attention {HOSTILE}",
        student=student,
        file=f"{HOSTILE}{LONG}.ipynb",
        sha256="ab" * 32,
        questions=QUESTIONS,
        results=tuple(results),
        notes=(HOSTILE, LONG),
        problem=HOSTILE if number == 5 else "",
        output=HOSTILE,
        layers=("seccomp",),
    )


STUDENTS = [f"student{n:02}" for n in range(28)] + ["김민준", "<b onclick=alert(4)>"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # Points fall as names rise, so that sorting by score has something to do.
    reports = [a_report(student, 40 - i) for i, student in enumerate(STUDENTS)]
    reports[7] = a_report(STUDENTS[7], 3)
    reports[8] = a_report(STUDENTS[8], 5)
    write_class(sorted(reports, key=lambda report: report.student), folder)
    for report in reports:
        write(report, folder / report.student)
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
    "name", ["report.html", "student00/feedback.html", "student07/feedback.html"]
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
    seen.page.get_by_role("searchbox", name="Search").focus()
    for key in ("Tab", "Tab", "Tab", "Enter"):  # the table's scroll box, Student, Score
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
    assert seen.page.locator("#students output").inner_text() == f"{len(found)} of {len(STUDENTS)}"


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
    "name", ["report.html", "student00/feedback.html", "student08/feedback.html"]
)
def test_a_phone_needs_no_sideways_scrolling(
    site: Path, browser: Any, name: str, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 700}, color_scheme=scheme)
    page = context.new_page()
    page.goto((site / name).as_uri())
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    context.close()
