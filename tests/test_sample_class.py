"""The whole way, on real notebooks: the sample class is graded as its first lines say."""

import pytest

from grader.course.course import Course
from grader.grading.grade import grade
from grader.grading.orders import Orders, Work
from grader.intake.submission import find
from grader.verdict import Report, Status
from tests import classroom

SAMPLES = {name: classroom.Expectation.read(line) for name, line, _ in classroom.samples()}


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Every sample's report, from one run over the class with two judges."""
    folder = tmp_path_factory.mktemp("class")
    handins = classroom.build(folder)
    course = Course.find(classroom.SAMPLES)
    orders = Orders(course.solution("attention"), course.checks("attention"), b"a key")
    works = (Work(*found) for found in find([folder], "attention"))
    by_file = {r.file: r for r in grade(works, orders, jobs=2)}
    return {name: by_file[handin.path.name] for name, handin in handins.items()}


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_sample_is_graded_as_its_first_line_says(reports, sample):
    report, expected = reports[sample], SAMPLES[sample]
    lost = {r.question for r in report.results if r.points and r.status is not Status.PASSED}
    assert report.judged, [r.detail for r in report.results if r.status is Status.GRADER_ERROR]
    if expected.outcome == "unreadable":
        assert report.problem and report.score == 0
        return
    assert lost == set(expected.questions), [
        (r.question, r.check, r.status, r.message, r.detail)
        for r in report.results
        if r.status not in (Status.PASSED, Status.NOT_RUN)
    ]
    for question in expected.questions:
        first = next(r for r in report.of(question) if r.points and r.status is not Status.PASSED)
        assert first.status in classroom.STATUSES[expected.outcome], first
