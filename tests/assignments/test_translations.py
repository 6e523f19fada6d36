"""What an assignment of this course says in another language it says wholly.

All of it is found without lists: whoever begins a catalogue finishes it, and follows the checks.
"""

import json
import re

import pytest

from grader.checking.entries import entries
from grader.checking.explain import ENDING, NUMBERS
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.catalogue import catalogues, translated, translations
from grader.course.sentences import of_students
from grader.course.translating import renew, stale, state
from grader.model.guidance import Guidance
from grader.model.judgement import Judgement
from grader.model.message import Message, lines
from grader.model.result import Result, Status
from tests.support.own_course import ALWAYS, OURS
from tests.support.translated import left_in_english, written

FOUND = [(name, path) for name in OURS.names() for path in catalogues(OURS.checks(name))]
EVERY = pytest.mark.parametrize(
    ("name", "path"), FOUND, ids=[f"{name}-{path.stem}" for name, path in FOUND]
)
PARTICLE = re.compile(r"\}(?:은|는|을|를|와|과|로|으로)(?![가-힣(])")
"""It would have to change with the last syllable of the value."""


def test_one_assignment_at_least_is_translated():
    assert ("attention", OURS.checks("attention") / "ko.po") in FOUND


@EVERY
def test_a_catalogue_is_complete_and_has_nothing_that_nobody_says(name, path, tmp_path):
    found = written(name).values()
    assert not list(stale(path, found)), f"grader translate {name} {path.stem}"
    assert state(path, found).left == 0, f"grader translate {name} {path.stem}"
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    renew(copy, path.stem, found, OURS.root)
    assert copy.read_text() == path.read_text(), f"grader translate {name} {path.stem}"


@EVERY
def test_every_translation_is_in_its_language(name, path):
    for one in translated(path):
        if path.stem == "ko":
            assert re.search("[가-힣]", one.said), f"{path}:{one.line}"
            assert not PARTICLE.search(one.said), f"{path}:{one.line}"
        assert (one.said[-1] in ".?!") == (one.text[-1] in ".?!"), f"{path}:{one.line}"


@EVERY
def test_a_page_has_no_sentence_of_the_author_in_english(name, path):
    """Every check fails on it, each with another mistake and all of that mistake's hints."""
    every = (mistake for _, mistake in entries(path.with_name("mistakes.toml"))["mistake"])
    known = [mistake for mistake in every if not mistake.get("equivalent")]
    assignment = Assignment.read(OURS.solution(name))
    mine = list(written(name))
    results = []
    for number, (text, mistake) in enumerate(zip(mine, known * len(mine), strict=False)):
        cause = (NUMBERS, ENDING)[number % 2].format(sentence=mistake["sentence"])
        message = Message("{call}: {found}.", call="f()", found=lines(text, cause))
        results.append(
            Result(
                f"test_{number}", assignment.questions[0], Status.FAILED, 1, text, message,
                guidance=Guidance(tuple(mistake.get("hints", ()))),
            )
        )  # fmt: skip
    judgement = Judgement(name, assignment.title, "ab", assignment.questions, tuple(results))
    assert not left_in_english(judgement, path.stem)
    if name == ALWAYS:
        assert len(left_in_english(judgement, "en")) > len(mine) / 2


@EVERY
def test_the_notebook_has_what_public_checks_say_and_nothing_of_hidden_ones(name, path):
    assignment = Assignment.read(OURS.solution(name))
    words = translations(path.parent).of(path.stem).words
    given = "".join("".join(cell["source"]) for cell in skeleton(assignment)["cells"])
    public = {one.text for one in of_students(assignment)}
    table = {json.dumps(words[text], ensure_ascii=False) for text in public}
    assert not {said for said in table if said not in given}
    hidden = {json.dumps(words[text], ensure_ascii=False) for text in words.keys() - public}
    assert hidden - table and not [said for said in hidden - table if said in given]
