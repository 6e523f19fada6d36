"""Shards are joined without loss; where they contradict each other, nothing changes."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.versions import Versions
from grader.model.result import Status
from grader.model.standing import Arrival, Override
from grader.model.translation import Translations
from grader.store.act import latest
from grader.store.entry import Entry
from grader.store.found import Found
from grader.store.merge import Conflict, Merge
from grader.store.store import Store
from grader.store.terms import Terms
from tests.store.test_store import RESULTS, STANDING, VERSIONS, keep
from tests.support.standings import changed

KIM = STANDING
LEE = changed(STANDING, student="lee", sha256="cd" * 32, results=RESULTS[:1])
OURS = changed(KIM, results=(replace(RESULTS[0], status=Status.GRADER_ERROR), RESULTS[1]))
OTHER = Versions(VERSIONS.checks, VERSIONS.other, "another plan")


@pytest.fixture
def make(tmp_path: Path) -> Iterator:
    """Return what makes a store that knows kim and lee, and has judged some."""
    with ExitStack() as stack:

        def made(name: str, *standings, versions=VERSIONS) -> Store:
            path = tmp_path / name / "grades.sqlite"
            store = stack.enter_context(Store(path, make=True))
            where = Path("/", name)
            store.hand_in(Entry(r.student, where / r.file, r.judgement.sha256) for r in (KIM, LEE))
            for standing in standings:
                keep(store, standing, versions=versions)
            return store

        yield made


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "out" / "grades.sqlite", make=True) as store:
        yield store


def content(store: Store) -> list[str]:
    return list(store.db.iterdump())


def refused(shards: list[Store], out: Store) -> str:
    """Merge what cannot be merged, see that nothing has changed, and return what is said."""
    before = content(out)
    with pytest.raises(Conflict) as error:
        Merge(shards).into(out)
    assert content(out) == before
    return str(error.value)


def test_what_two_shards_have_judged_is_in_the_whole_exactly(make, out):
    shards = [make("one", KIM), make("two", LEE)]
    assert Merge(shards).into(out) == 2
    assert list(out.standings()) == [KIM, LEE]
    for digest, shard in ((KIM.judgement.sha256, shards[0]), (LEE.judgement.sha256, shards[1])):
        assert out.latest(digest).versions == shard.latest(digest).versions
        query = "SELECT plan, seed, limits, layers, grader, torch FROM judgements WHERE digest = ?"
        same = [store.db.execute(query, (digest,)).fetchone() for store in (out, shard)]
        assert same[0] == same[1]


def test_a_second_merge_finds_nothing_to_do(make, out):
    shards = [make("one", KIM), make("two", LEE)]
    shards[0].override([("kim", Override("two", 2.5, "Nearly."))])
    Merge(shards).into(out)
    before = content(out)
    assert Merge(shards).into(out) == 0
    assert Merge(shards[::-1]).into(out) == 0
    assert Merge(shards[:1]).into(out) == 0
    assert content(out) == before


def test_shards_can_come_one_after_the_other_and_in_any_order(make, out):
    two, one = make("two", LEE), make("one", KIM)
    assert Merge([two]).into(out) == 1
    assert [entry.record for entry in out.entries()] == [None, 1], "kim's shard is missing"
    assert Merge([one]).into(out) == 1
    assert list(out.standings()) == [KIM, LEE]


def test_a_merge_that_was_interrupted_goes_on(make, out, monkeypatch):
    shards = [make("one", KIM), make("two", LEE)]
    copy, copied = Found.copy, list[str]()

    def once(one: Found, whole: Store) -> None:
        if copied:
            raise KeyboardInterrupt
        copied.append(one.student)
        copy(one, whole)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("grader.store.merge.PAGE", 1)
        patched.setattr(Found, "copy", once)
        Merge(shards).into(out)
    assert list(out.standings()) == [KIM]
    assert Merge(shards).into(out) == 1
    assert list(out.standings()) == [KIM, LEE]


def test_what_was_judged_again_in_a_shard_is_newer_than_what_the_whole_has(make, out):
    shard = make("one", KIM, LEE)
    Merge([shard]).into(out)
    better = changed(KIM, results=(RESULTS[0], replace(RESULTS[1], status=Status.PASSED)))
    keep(shard, better)
    assert Merge([shard]).into(out) == 1
    assert [standing.score for standing in out.standings()] == [5, 2]
    assert out.read(1).judgement.earned == 2, "the history stays"


def test_two_verdicts_about_the_same_bytes_are_refused_and_named(make, out):
    said = refused([make("one", KIM), make("two", changed(KIM, results=RESULTS[:1]))], out)
    assert "one and " in said and "two have judged the submission of kim, and do not agree" in said


def test_times_and_words_are_no_other_verdict(make, out):
    slower = changed(KIM, results=tuple(replace(r, seconds=9.0) for r in RESULTS), output="3 ms")
    assert Merge([make("one", KIM), make("two", slower)]).into(out) == 1
    assert list(out.standings()) == [KIM]


@pytest.mark.parametrize("order", [1, -1])
def test_a_fault_of_ours_gives_way_to_a_verdict(make, out, order):
    shards = [make("one", OURS), make("two", KIM)][::order]
    assert Merge(shards).into(out) == 1
    assert list(out.standings()) == [KIM]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_that_agree_the_one_in_a_sandbox_counts(make, out, order):
    unsafe = changed(KIM, layers=("UNSANDBOXED", "seccomp"))
    Merge([make("one", unsafe), make("two", KIM)][::order]).into(out)
    assert list(out.standings()) == [KIM]


def test_another_submission_of_the_same_student_is_refused(make, out):
    late = make("two", changed(KIM, sha256="ef" * 32))
    assert "different submissions of kim" in refused([make("one", KIM), late], out)


def test_other_checks_or_another_key_are_refused(make, out):
    said = refused([make("one", KIM), make("two", LEE, versions=OTHER)], out)
    assert "not all were judged by the same checks, settings, key and versions" in said
    assert "one: kim, grader" in said and "two: lee, grader" in said


def test_what_differs_is_named(make, out):
    shards = [make("one", KIM), make("two", LEE, versions=OTHER)]
    assert "so the course's files or its .grader/key differ" in refused(shards, out)
    shards[1].db.execute("UPDATE judgements SET torch = '1.13'")
    said = refused(shards, out)
    assert "two: lee, grader" in said and "torch 1.13. Install the same versions" in said


def test_walls_are_named_with_the_shards_that_had_them(make):
    weak = changed(LEE, layers=("seccomp",))
    fault = changed(OURS, layers=())
    shards = [make("one", KIM), make("two", weak), make("three", fault)]
    merged = Merge(shards)
    found = {layers: [path.name for path in names] for layers, names in merged.layers().items()}
    assert found == {KIM.judgement.layers: ["one"], ("seccomp",): ["two"]}
    assert len(Merge(shards[::2]).layers()) == 1, "three's only judgement is a fault, and another's"


def test_a_whole_that_would_be_of_two_kinds_is_refused(make, out):
    Merge([make("old", KIM, LEE)]).into(out)
    with Store(out.path.parents[1] / "half" / "grades.sqlite", make=True) as half:
        keep(half, KIM, versions=OTHER)
        assert "out: lee" in refused([half], out)


def test_a_class_that_was_judged_anew_takes_the_place_of_the_old_one(make, out):
    Merge([make("old", KIM, LEE)]).into(out)
    new = [make("one", KIM, versions=OTHER), make("two", LEE, versions=OTHER)]
    assert Merge(new).into(out) == 2
    assert out.settled(KIM.judgement.sha256, "another plan", unsafe=False)


def test_another_assignment_is_refused(make, out):
    other = make("two", changed(LEE, assignment="tripling"))
    assert "different assignments" in refused([make("one", KIM), other], out)
    Merge([make("three", KIM)]).into(out)
    assert "different assignments" in refused([other], out)


def test_decisions_come_along_where_the_whole_has_none(make, out):
    one = make("one", KIM)
    one.override([("kim", Override("two", 2.5, "Nearly."))], "a TA")
    Merge([one]).into(out)
    assert [standing.score for standing in out.standings()] == [4.5]
    assert latest(out, "kim", "two") == latest(one, "kim", "two"), "with who and when"
    out.override([("kim", Override("two"))])
    Merge([one]).into(out)
    assert [standing.score for standing in out.standings()] == [2], "lifted in the whole"


def test_two_decisions_about_the_same_question_are_refused(make, out):
    shards = [make("one", KIM), make("two", KIM)]
    for points, shard in enumerate(shards):
        shard.override([("kim", Override("two", float(points)))])
    assert "two decisions about two of kim" in refused(shards, out)


def test_shards_agree_on_how_they_were_asked_for_and_hand_it_on(make, out):
    one, two = make("one", KIM), make("two", LEE)
    asked = Terms("canvas", "2026-11-20 23:59 UTC", "score / 2", "ko")
    asked.keep(one)
    said = refused([one, two], out)
    assert "one: --names canvas, --deadline '2026-11-20 23:59 UTC'" in said
    assert "two: nothing" in said
    asked.keep(two)
    Merge([one, two]).into(out)
    assert Terms.of(out) == asked


def test_what_no_shard_was_asked_for_stays_in_the_whole(make, out):
    out.late_rule = "score / 2"
    Merge([make("one", KIM, LEE)]).into(out)
    assert out.late_rule == "score / 2"


def test_lateness_that_shards_have_learnt_since_reaches_the_whole(make, out):
    one = make("one", KIM)
    Merge([one]).into(out)
    kim = one.entry("kim")
    one.hand_in([replace(kim, arrival=Arrival(hours_late=30.0))])
    Merge([one]).into(out)
    assert [standing.hours_late for standing in out.standings()] == [30.0]
    assert out.entry("kim").path == kim.path, "the bytes are the same, and so is their place"


def test_the_translations_of_all_shards_are_joined_and_the_last_one_counts(make, out):
    one, other = make("one", KIM), make("other", LEE)
    one.translations = Translations({"ko": {"a": "가", "b": "나"}})
    other.translations = Translations({"ko": {"b": "다"}})
    for _ in range(2):
        Merge([one, other]).into(out)
        assert out.translations.languages == {"ko": {"a": "가", "b": "다"}}
