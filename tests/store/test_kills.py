"""No kill loses a report that the store has acknowledged; `make kills` tries 500."""

import pytest

from tests.kills import survives


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.whole)])
def test_kills_lose_nothing(tmp_path, kills):
    acknowledged, lost = survives(kills, tmp_path)
    assert acknowledged > 2 * kills and lost == 0
