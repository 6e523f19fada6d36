"""Whatever is handed in ends with a verdict and a sentence that says what to do."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.report.sanitize import whole
from grader.sandbox.host.zygote import Zygote
from tests.support.messy import EVERYTHING, NOTHING, code, hand_ins, notebook, text
from tests.support.small_course import write

MESSY = {hand_in.name: hand_in for hand_in in hand_ins()}
ADVICE = re.compile(r"submit|hand in")


@pytest.fixture(scope="module")
def judgements(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    """All of them, graded by one judge in this process: an exception would end the test."""
    folder = tmp_path_factory.mktemp("messy")
    course, name = write(folder / "course")
    found: dict[str, Judgement] = {}

    def work(session: Session) -> None:
        for number, hand_in in enumerate(MESSY.values()):
            path = folder / f"kim_{number}.ipynb"
            hand_in.place(path)
            found[hand_in.name] = judge(path, session, zygote, b"a key")
            if path.is_file() and not path.is_symlink():
                path.unlink()  # 180 MB together

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    return found


def told(judgement: Judgement) -> str:
    """Return all that the student reads."""
    return "\n".join(
        map(str, [judgement.problem, *judgement.notes, *map(whole, judgement.results)])
    )


def test_there_are_enough():
    assert len(MESSY) == len(list(hand_ins())) >= 200


@pytest.mark.parametrize("name", MESSY)
def test_a_messy_hand_in_ends_with_a_verdict_and_a_sentence(judgements, name):
    judgement, expected = judgements[name], MESSY[name]
    faults = [r.detail for r in judgement.results if r.status is Status.GRADER_ERROR]
    assert not judgement.faulty, faults
    if expected.earns == EVERYTHING:
        assert judgement.earned == judgement.max_score, told(judgement)
    if expected.earns == NOTHING:
        assert judgement.earned == 0
    if judgement.problem:
        assert ADVICE.search(f"{judgement.problem}")
    for question in judgement.questions:
        first = next((r for r in judgement.of(question) if r.status is not Status.PASSED), None)
        assert first is None or judgement.problem or whole(first)
    assert re.search(expected.says, told(judgement))


PIECES = [
    "import torch\nfrom torch import nn",
    "one = 1",
    "two = one + one",
    "factors = {}",
    "factors['half'] = one / two",
    "class Scale(nn.Module):\n    def __init__(self, factor):\n        super().__init__()\n        "
    "self.factor = factor\n    def forward(self, x):\n        return scaled(x, self.factor)",
    "def scaled(x, factor):\n    return torch.mul(x, factor)",
    "scale = Scale(two)",
    "def double(x):\n    return scale(x)",
    "def halve(x):\n    return scaled(x, factors['half'])",
]
"""A right answer, in the order in which it is written."""
HELPERS = ("one", "two", "factors", "Scale", "scaled", "scale")
NOISE = (
    code(""), code("# to do\n"), code("print('hello')"), code("1 / 0"), code("x = = 1"),
    code("%matplotlib inline\n!ls"), code("import seaborn as sns\nsns.set()"), code("def (:"),
    code("assert double(torch.ones(1)) == 3"), code("for i in range(3): i"), code("raise KeyError"),
    code("def unused(): return missing"), code("torch.manual_seed(1)"), code("double(2), halve(3)"),
    text("# def double(x): return 5"), {"cell_type": "raw", "source": "def double(x): return 5"},
    code("import sys\nsys.exit(1)"), code("%%bash\nexit 1"), code("<<<<<<< HEAD"), code(None),
    code("_ = [double(x) for x in range(2)]"), None, {"cell_type": "code"},
)  # fmt: skip
NAMES = st.from_regex(r"\A(?!(?:as|do|id|if|in|is|nn|or)\Z)[a-zäπ김]{2}_?[0-9]{0,2}\Z")


@st.composite
def rewritten(draw: st.DrawFn) -> bytes:
    """Rename helpers, reorder the pieces, repeat some, join and split cells, and add noise."""
    names = draw(st.lists(NAMES, min_size=len(HELPERS), max_size=len(HELPERS), unique=True))
    new = dict(zip(HELPERS, names, strict=True))
    pieces = [re.sub(r"\b\w+\b", lambda word: new.get(word[0], word[0]), p) for p in PIECES]
    pieces += draw(st.lists(st.sampled_from(pieces[6:]), max_size=2))
    if draw(st.booleans()):
        pieces = draw(st.permutations(pieces))
    cells: list[object] = []
    while pieces:
        together = draw(st.integers(1, 4))
        cells.append(code("\n\n".join(pieces[:together])))
        pieces = pieces[together:]
    for noise in draw(st.lists(st.sampled_from(NOISE), max_size=5)):
        cells.insert(draw(st.integers(0, len(cells))), noise)
    return json.dumps(notebook(*cells)).encode()


def test_a_right_answer_however_rewritten_earns_everything(zygote: Zygote, tmp_path: Path):
    course, name = write(tmp_path / "course")

    def work(session: Session) -> None:
        @given(rewritten())
        @settings(max_examples=150, deadline=None)
        def earns_everything(data: bytes) -> None:
            path = tmp_path / "kim.ipynb"
            path.write_bytes(data)
            judgement = judge(path, session, zygote, b"a key")
            assert judgement.earned == judgement.max_score, told(judgement)

        earns_everything()

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
