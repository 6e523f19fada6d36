"""A Judgement crosses machines as JSON and is the same on the other side."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.code import Code
from grader.model.guidance import Example, Guidance, Row
from grader.model.judgement import Judgement
from grader.model.result import Result, Status
from grader.store.as_json import pack, pack_results, unpack, unpack_results
from tests.store.test_store import JUDGEMENT, RESULTS

texts = st.text(st.characters(exclude_categories=()), max_size=20)
results = st.builds(
    Result, texts, texts, st.sampled_from(Status), st.integers(0, 1000), texts, texts, texts,
    st.booleans(), st.floats(0, 1e9), texts, st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(results, max_size=2).map(tuple), texts)
def test_any_judgement_comes_back_exactly(some, text):
    judgement = replace(JUDGEMENT, results=some, output=text)
    assert unpack(pack(judgement)) == judgement
    assert unpack_results(pack_results(some)) == some


def test_statuses_and_tuples_are_what_they_were():
    judgement = unpack(pack(JUDGEMENT))
    assert isinstance(judgement, Judgement) and hash(judgement) == hash(JUDGEMENT)
    assert all(isinstance(result.status, Status) for result in judgement.results)
    assert unpack_results(pack_results(RESULTS)) == RESULTS


@pytest.mark.parametrize(
    "guidance",
    [
        Guidance(("one", "two")),
        Guidance((), Example("f(1)", (Row("out", "1", "2", False),))),
        Guidance((), Example("f(1)", (Row("out", "1", "1", True),), others=2)),
    ],
)
def test_what_helps_a_student_and_their_code_come_back(guidance):
    results = (replace(RESULTS[0], guidance=guidance), *RESULTS[1:])
    code = (Code("f", 1, 2, "def f(): \ud800"),)
    judgement = replace(JUDGEMENT, results=results, code=code)
    assert unpack(pack(judgement)) == judgement
    assert unpack_results(pack_results(results)) == results


@pytest.mark.parametrize("data", [b"", b"{}", b'{"results": []}', pack(JUDGEMENT)[:-9]])
def test_what_is_not_a_judgement_is_an_error(data):
    with pytest.raises((ValueError, KeyError, TypeError)):
        unpack(data)
