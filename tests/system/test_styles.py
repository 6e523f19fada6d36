"""Right answers earn everything in whatever style they are written, or are told what is missing."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.model.standing import Standing
from grader.report.pages import feedback_html
from grader.report.sanitize import whole
from grader.sandbox.host.zygote import Zygote
from tests.report.test_pages import Page
from tests.support import styles
from tests.support.small_course import write

SMALL = {style.name: style for style in styles.small()}
ATTENTION = {style.name: style for style in styles.attention()}
ROOT = Path(__file__).parents[2]


def judged(
    course: Course, name: str, zygote: Zygote, folder: Path, all_: Iterable[styles.Style]
) -> dict[str, Judgement]:
    found: dict[str, Judgement] = {}

    def work(session: Session) -> None:
        for number, style in enumerate(all_):
            path = folder / f"{number}.ipynb"
            path.write_bytes(style.data)
            found[style.name] = judge(path, session, zygote, b"a key")

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    return found


@pytest.fixture(scope="module")
def small(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    folder = tmp_path_factory.mktemp("small")
    course, name = write(folder / "course")
    return judged(course, name, zygote, folder, SMALL.values())


@pytest.fixture(scope="module")
def attention(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    folder = tmp_path_factory.mktemp("attention")
    return judged(Course(ROOT), "attention", zygote, folder, ATTENTION.values())


def require(style: styles.Style, judgement: Judgement) -> None:
    told = "\n".join(
        map(str, [*judgement.notes, *(whole(r) for r in judgement.results), judgement.problem])
    )
    assert not judgement.faulty, [r.detail for r in judgement.results]
    assert (judgement.earned == judgement.max_score) is not bool(style.lacks), told
    if not style.lacks:
        assert all(r.status is Status.PASSED for r in judgement.results), told
    assert re.search(style.lacks, told), told
    assert re.search(style.notes, "\n".join(map(str, judgement.notes))), judgement.notes


@pytest.mark.parametrize("name", SMALL)
def test_a_right_answer_earns_everything_in_every_style(small, name):
    require(SMALL[name], small[name])


@pytest.mark.parametrize("name", ATTENTION)
def test_a_right_attention_earns_everything_in_every_style(attention, name):
    require(ATTENTION[name], attention[name])


def test_the_whole_notebook_runs_only_where_what_was_left_out_could_matter(small):
    said = re.compile("all cells were run|All cells together")
    tried = {name for name, found in small.items() if said.search(str(found.notes))}
    assert tried == {
        "training that sets what an answer needs",
        "a program that trains while it is read, and what it changes",
    }


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Not run, though something there could change[^:]*: code cell 2, line 1"),
        ("ko", "바꿀 가능성이 있지만 실행하지 않은 곳: 코드 셀 2, 1행"),
    ],
)
def test_the_page_says_in_both_languages_what_was_not_run(small, language, words):
    judgement = small["a program that trains while it is read, and what it changes"]
    text = Page(feedback_html(Standing("kim", "kim.ipynb", judgement), language=language)).text()
    assert re.search(words, text)
