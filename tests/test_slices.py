"""What a slice takes of a notebook does what running everything does; a long run: make fuzz."""

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.untrusted.slice import How, Web
from tests import slices


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_a_right_notebook_however_it_is_prepared_is_sliced_rightly(case: int):
    assert slices.difference(case) == ""


def test_a_slice_of_what_is_sure_alone_differs(monkeypatch):
    needed = Web.needed
    monkeypatch.setattr(Web, "needed", lambda web, names: needed(web, names, How.SURE))
    assert sum(slices.difference(case) != "" for case in range(40)) >= 10


def test_every_way_to_prepare_an_object_is_drawn():
    drawn = "\n".join("\n".join(slices.notebook(case)) for case in range(3000))
    assert "load_state_dict" in drawn and "parse_known_args" in drawn and "write_text" in drawn
    assert "register_buffer" in drawn and "@dataclass" in drawn and "with opened(" in drawn
