"""What pages in another language still say in the author's English."""

import re
from functools import cache
from html import unescape

from grader.checking.said import sentences
from grader.course.assignment import Assignment
from grader.course.catalogue import translations
from grader.course.sentences import Sentence
from grader.model.judgement import Judgement
from grader.model.message import FIELD
from grader.model.standing import Standing
from grader.report.pages import feedback_html
from tests.support.own_course import OURS


@cache
def written(name: str) -> dict[str, Sentence]:
    """Return the sentences of an assignment of this course."""
    return sentences(Assignment.read(OURS.solution(name)), OURS.checks(name))


@cache
def literals(name: str) -> list[str]:
    """Return the sentences of an assignment, or the longest part between values."""
    longest = (max(FIELD.sub("\0", text).split("\0"), key=len).strip() for text in written(name))
    return [one.replace("`", "") for one in longest if len(one.split()) > 2]


def left_in_english(judgement: Judgement, language: str) -> list[str]:
    """Return the author's sentences of more than two words that a student's page has in English."""
    known = translations(OURS.checks(judgement.assignment))
    standing = Standing("kim", "kim.ipynb", judgement, translations=known)
    page = feedback_html(standing, language)
    said = re.sub(r"<style.*?</style>|<pre.*?</pre>|<[^>]*>", "", page, flags=re.S)
    said = " ".join(unescape(said).split())
    return [one for one in literals(judgement.assignment) if one in said]
