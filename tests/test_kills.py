"""No kill loses a report that the store has acknowledged; `make kills` tries 500."""

from tests.kills import survives


def test_fifty_kills_lose_nothing(tmp_path):
    acknowledged, lost = survives(50, tmp_path)
    assert acknowledged > 100 and lost == 0
