"""A Judgement comes back as it was kept, with all that it followed from."""

import json
from dataclasses import asdict, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.limits import Limits
from grader.model.result import Result, Status
from grader.store.store import Store
from tests.store.test_store import STANDING, keep
from tests.support.standings import changed

texts = st.text(st.characters(exclude_categories=()), max_size=20)


@settings(deadline=None)
@given(st.builds(
    Result, texts, texts, st.sampled_from(Status), st.integers(0, 1000), texts, texts, texts,
    st.booleans(), st.floats(0, 1e9), texts, st.lists(texts, max_size=2).map(tuple),
))  # fmt: skip
def test_any_text_that_a_student_can_write_survives(tmp_path_factory, result):
    named = replace(result, check="test_one", question="one")  # names are the author's
    standing = changed(STANDING, results=(named,), output=result.message, problem=result.detail)
    with Store(tmp_path_factory.mktemp("any") / "grades.sqlite", make=True) as store:
        keep(store, standing)
        assert list(store.standings()) == [standing]


def test_every_result_has_its_version_limits_layers_and_seed(tmp_path):
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        keep(store, STANDING)
        assert store.read(1).versions == ("v1", "v2")
        query = "SELECT limits, layers, seed FROM judgements"
        limits, layers, seed = store.db.execute(query).fetchone()
    assert json.loads(limits) == asdict(Limits())
    assert layers == '["landlock 6", "seccomp"]' and bytes.fromhex(seed) == b"seed"
