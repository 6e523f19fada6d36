"""The whole way, on real notebooks: a sample of each outcome is graded as its first line says.

`make demo` grades the whole class, and says so of every sample.
"""

from dataclasses import replace

import pytest

from grader.course.course import Course
from grader.intake.intake import take_in
from grader.judging.grade import grade
from grader.judging.job import Job, Task
from grader.model.result import Status
from grader.model.judgement import Judgement
from tests import classroom
from tests.support.translated import left_in_english

EXPECTED = classroom.expectations()
FEW = {
    (name.partition("/")[0], e.outcome): name
    for name, e in EXPECTED.items()
    if e.outcome != "times out"  # half a minute
}.values()
"""The last sample of each folder and outcome."""


@pytest.fixture(scope="module")
def judgements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    """What is made of a few samples, from one run."""
    folder = tmp_path_factory.mktemp("class")
    handins = classroom.build(folder)
    names = {handins[name].path.name: name for name in FEW}
    course = Course.find(classroom.SAMPLES)
    job = Job(course.solution("attention"), course.checks("attention"), b"a key")
    everybody = take_in([folder], "attention", folder).submissions
    tasks = (Task(path) for _, path in everybody if path.name in names)
    return {names[task.path.name]: judgement for task, judgement in grade(tasks, job, jobs=1)}


@pytest.mark.parametrize("sample", FEW)
def test_the_sample_is_graded_as_its_first_line_says(judgements, sample):
    assert EXPECTED[sample].differs(judgements[sample]) == ""


def test_pages_in_korean_have_no_sentence_of_the_author_in_english(judgements):
    for judgement in judgements.values():
        assert not left_in_english(judgement, "ko")
    failed = [j for j in judgements.values() if j.earned is not None and j.earned < j.max_score]
    assert failed and any(r.hypothesis for j in failed for r in j.results)
    assert all(left_in_english(judgement, "en") for judgement in failed)


def test_a_judgement_that_is_another_differs(judgements):
    right, wrong = (
        next(name for name in FEW if name.startswith("right/")),
        next(name for name in FEW if EXPECTED[name].outcome == "fails"),
    )
    assert "full marks" in EXPECTED[wrong].differs(judgements[right])
    assert EXPECTED[right].differs(judgements[wrong])
    others = replace(EXPECTED[wrong], questions=("merge_heads", "MultiHeadAttention"))
    assert others.differs(judgements[wrong])
    assert replace(EXPECTED[wrong], outcome="times out").differs(judgements[wrong])
    assert replace(EXPECTED[right], outcome="unreadable").differs(judgements[right])
    ours = tuple(replace(r, status=Status.GRADER_ERROR) for r in judgements[right].results)
    assert EXPECTED[right].differs(replace(judgements[right], results=ours))
