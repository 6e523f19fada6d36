"""Every assignment with a sample class: each sample is judged as its first line says.

That of attention is graded by the whole command (test_sample_class.py). Here one judge has them all,
in one session for each assignment; a sample of each kind of one assignment always, and all in
`make whole`.
"""

from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.course.assignment import Assignment
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.sandbox.host.zygote import Zygote
from tests import classroom

ROOT = Path(__file__).parents[2]
CLASSES = [name for name in classroom.assignments() if name != classroom.ATTENTION]
EXPECTED = {
    (assignment, sample): expected
    for assignment in CLASSES
    for sample, expected in classroom.expectations(assignment).items()
}
ALWAYS = "rnn"
FEW = set({
    (sample.partition("/")[0], expected.outcome): (assignment, sample)
    for (assignment, sample), expected in EXPECTED.items()
    if assignment == ALWAYS
}.values())  # fmt: skip
"""The last sample of each folder and outcome; those of other assignments are proofs of these."""


@pytest.fixture(scope="module")
def judgements(
    request: pytest.FixtureRequest, training_zygote: Zygote, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Judgement]:
    """What is made of the samples that are asked for."""
    folder, found = tmp_path_factory.mktemp("class"), {}
    asked = {
        item.callspec.params["sample"]
        for item in request.session.items
        if item.path == request.path and "sample" in getattr(item, "fixturenames", ())
    }
    for assignment in sorted({assignment for assignment, _ in asked}):
        handins = classroom.build(folder / assignment, assignment)

        def work(session, assignment=assignment, handins=handins):
            for sample, handin in handins.items():
                if (assignment, sample) in asked:
                    made = judge(handin.path, session, training_zygote, b"a key")
                    found[assignment, sample] = made

        read = Assignment.read(ROOT / "solutions" / f"{assignment}.py")
        run_session(read, ROOT / "autograder_tests" / assignment, work)
    return found


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param(key, id="-".join(key), marks=() if key in FEW else pytest.mark.whole)
        for key in EXPECTED
    ],
)
def test_a_sample_is_judged_as_its_first_line_says(judgements, sample):
    assert EXPECTED[sample].differs(judgements[sample]) == ""


@pytest.mark.parametrize("assignment", CLASSES)
def test_a_class_has_right_wrong_and_messy_samples(assignment):
    of_it = [sample.partition("/")[0] for name, sample in EXPECTED if name == assignment]
    assert len(of_it) >= 12 and {*of_it} == {"right", "wrong", "messy"}
