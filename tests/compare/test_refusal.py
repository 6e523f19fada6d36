"""Code that must refuse an input does so by an error that says so, in the sandbox as here."""

import pytest

from grader.checks import Failure, refuses
from grader.model.limits import StudentError
from tests.support.subjects import PLACES, placed

SOURCE = """
class Odd(ValueError): pass
def silent(x): return -1
def honest(x): raise ValueError(x)
def derived(x): raise Odd(x)
def unwritten(x): raise NotImplementedError
"""
NAMES = ("silent", "honest", "derived", "unwritten")


@pytest.fixture(params=PLACES)
def student(request, zygote):
    with placed(request.param, zygote, SOURCE, NAMES) as student:
        yield student


@pytest.mark.parametrize("name", ["honest", "derived"])
def test_an_error_of_that_kind_or_derived_from_it_is_a_refusal(student, name):
    refuses(student, name, 1, errors=("KeyError", "ValueError"), otherwise="It answers.")


def test_an_answer_fails_in_the_words_of_the_author(student):
    with pytest.raises(Failure, match="It answers"):
        refuses(student, "silent", 1, errors=("ValueError",), otherwise="It answers.")


def test_another_error_stays_what_it_is(student):
    with pytest.raises((StudentError, NotImplementedError)):
        refuses(student, "unwritten", 1, errors=("ValueError",), otherwise="It answers.")


def test_an_error_that_python_does_not_have_is_the_authors(student):
    with pytest.raises(ValueError, match="no built-in error ValueErr"):
        refuses(student, "silent", 1, errors=("ValueErr",), otherwise="It answers.")
