"""A Report crosses machines as JSON and is the same on the other side."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model.result import Result, Status
from grader.model.verdict import Override, Report
from grader.store.as_json import pack, pack_results, unpack, unpack_results
from tests.store.test_store import REPORT, RESULTS

texts = st.text(st.characters(exclude_categories=()), max_size=20)
results = st.builds(
    Result, texts, texts, st.sampled_from(Status), st.integers(0, 1000), texts, texts, texts,
    st.booleans(), st.floats(0, 1e9), texts, st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip


@given(st.lists(results, max_size=2).map(tuple), texts)
def test_any_report_comes_back_exactly(some, text):
    report = replace(REPORT, results=some, output=text, overrides=(Override("one", 2.5, text),))
    assert unpack(pack(report)) == report
    assert unpack_results(pack_results(some)) == some


def test_statuses_and_tuples_are_what_they_were():
    report = unpack(pack(REPORT))
    assert isinstance(report, Report) and hash(report) == hash(REPORT)
    assert all(isinstance(result.status, Status) for result in report.results)
    assert unpack_results(pack_results(RESULTS)) == RESULTS


@pytest.mark.parametrize("data", [b"", b"{}", b'{"results": []}', pack(REPORT)[:-9]])
def test_what_is_no_report_is_an_error(data):
    with pytest.raises((ValueError, KeyError, TypeError)):
        unpack(data)
