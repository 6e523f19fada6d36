"""Nothing that is fed to the trusted side makes it throw: a short form of `make fuzz`."""

import pytest

from grader.sandbox.guest import unpacking
from tests import fuzz

SHORT = {"frames": 1000, "replies": 20, "notebooks": 30}
LONGER = {"frames": 5000, "replies": 60, "notebooks": 150}


@pytest.mark.parametrize(
    ("kind", "cases"),
    [*SHORT.items(), *(pytest.param(*kind, marks=pytest.mark.whole) for kind in LONGER.items())],
)
def test_nothing_is_thrown_in_the_trusted_process(kind: str, cases: int):
    ends = fuzz.fuzz(kind, range(cases))
    assert [end for end in ends if end.startswith("THROWN")] == []
    assert sum(ends.values()) == cases
    assert len(ends) > 1, "they do not all end in the same way"


def test_what_is_thrown_is_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unpacking.Reader, "unpack", lambda *_: 1 / 0)
    ends = fuzz.fuzz("frames", range(50))
    assert any(end.startswith("THROWN") and "ZeroDivisionError" in end for end in ends)


def test_what_a_judge_throws_is_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fuzz, "judge", lambda *_: 1 / 0)
    (end,) = fuzz.fuzz("notebooks", range(1))
    assert "ZeroDivisionError" in end
