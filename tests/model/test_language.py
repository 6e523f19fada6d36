"""Every message of the code can be said in every language that says it is complete."""

import ast
import io
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from jinja2 import Environment

from grader.model import language
from grader.model.language import LANGUAGES, speaker
from grader.model.message import Message, counted, joined
from tests.support.catalogue import COMPLETE, GRADER, catalogue, extracted, fields
from tests.support.catalogue import LANGUAGES as CATALOGUES

CATALOGUE = pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
MAKERS = {"Message": 1, "Saying": 1, "NewerSyntax": 1, "AbsentStar": 1, "counted": 2}
"""What makes messages in code, and how many templates each takes."""
HOME = ("message", "saying")
DEFINE = ("message.py", "saying.py")
SPEAKING = ("base", "class", "feedback", "picture", "words")
"""Templates that speak the course's language; the other pages are for authors."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(GRADER.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        ours = {name for node in ast.walk(tree) for name in known_as(node)}
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Name(name)) if name in ours and path.name not in DEFINE:
                    yield f"{path.relative_to(GRADER)}:{node.lineno}", node


def known_as(node: ast.AST) -> set[str]:
    match node:
        case ast.ImportFrom(module=str(module), names=names) if module.endswith(HOME):
            return MAKERS.keys() & {alias.name for alias in names}
        case ast.ClassDef(name=name):
            return MAKERS.keys() & {name}
    return set()


def templates(extracted: str | tuple[str, str]) -> tuple[str, ...]:
    return (extracted,) if isinstance(extracted, str) else extracted


ELSEWHERE = {"sandbox/host/reply.py"}
"""Where a message is made of what a worker says."""


def test_every_message_is_made_from_a_literal_that_the_catalogues_have():
    known = {one for message in extracted() for one in templates(message)}
    seen = 0
    for place, call in calls():
        if place.partition(":")[0] in ELSEWHERE:
            continue
        for argument in call.args[: MAKERS[call.func.id]]:
            assert isinstance(argument, ast.Constant) and isinstance(argument.value, str), place
            assert argument.value in known, place
            seen += 1
    assert seen > 200


def test_a_message_is_given_the_values_that_its_template_names():
    for place, call in calls():
        if any(keyword.arg is None for keyword in call.keywords):  # **values
            continue
        template = call.args[0]
        if not isinstance(template, ast.Constant):
            continue
        given = {keyword.arg for keyword in call.keywords} - {"n"}
        wanted = fields(template.value) - {"n"}
        assert given <= wanted | fields(call.args[-1].value), place
        assert not given or given >= wanted, place


@CATALOGUE
def test_a_catalogue_that_says_it_is_complete_lacks_nothing(path):
    known = catalogue(path)
    if COMPLETE not in known.header_comment:
        pytest.skip("it does not say so")
    lacking = [m for m in extracted() if not (known.get(m) and known.get(m).string)]
    assert not lacking, f"{len(lacking)} of {len(extracted())}; `make languages` adds them"


def test_korean_is_complete():
    (korean,) = (path for path in CATALOGUES if path.stem == "ko")
    assert COMPLETE in catalogue(korean).header_comment


@CATALOGUE
def test_a_catalogue_has_nothing_that_nobody_says(path):
    assert {m.id for m in catalogue(path) if m.id} <= extracted().keys()
    assert not catalogue(path).obsolete


@CATALOGUE
def test_a_translation_holds_the_same_values(path):
    for message in catalogue(path):
        english = [message.id] if isinstance(message.id, str) else message.id
        said = [message.string] if isinstance(message.string, str) else message.string
        wanted = set().union(*map(fields, english)) if message.id else set()
        for text in filter(None, said if message.id else ()):
            assert fields(text) == wanted, message.id


@CATALOGUE
def test_the_compiled_catalogue_says_what_the_written_one_does(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert said(compiled) == said(catalogue(path))


def said(known: Catalog) -> list[tuple[str, str]]:
    return sorted((str(list(m.id)), str(list(m.string))) for m in known if m.id and m.string)


def message(extracted: str | tuple[str, str]) -> Message:
    """Return a message of a template, whose values say their own names in capitals."""
    one, many = (extracted, "") if isinstance(extracted, str) else extracted
    values = {name: f"<{name.upper()}>" for name in fields(one) | fields(many)}
    if many:
        return counted(one, many, **{**values, "n": 7})
    return Message(one, **values)


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_message_is_said_in_every_language_with_all_its_values(name):
    say = speaker(name)
    for each in extracted():
        text = say(message(each))
        assert not re.search(r"\{\w*\}", text.replace("{id}", "")), text
        values = {f"<{n.upper()}>" for n in fields("".join(each)) - {"n"}}
        assert {f"<{n}>" for n in re.findall("<([A-Z_]+)>", text)} >= values, text
        if name == "ko":
            prose = re.sub(r"`[^`]*`|<\w+>", "", text)
            assert re.search("[가-힣]", prose) or not re.search("[a-z]{3}", prose), text


@pytest.mark.parametrize("n", [0, 1, 2, 21])
def test_a_number_is_said_in_its_own_form(n):
    points = counted("{n} point", "{n} points", n=n)
    assert speaker("en")(points) == f"{n} point{'s' * (n != 1)}"
    assert speaker("ko")(points) == f"{n}점"


def test_a_message_within_a_message_is_said_in_the_same_language():
    inner = Message("0 everywhere")
    outer = Message("`{name}` is {what}", name="out", what=joined("; ", (inner, "theirs")))
    assert speaker("ko")(outer) == "`out`: 모든 원소가 0입니다; theirs"


@pytest.mark.parametrize("text", ["0 everywhere", "{n} point", "", "Not filled in yet."])
def test_what_authors_and_students_write_stays(text):
    assert speaker("ko")(text) == text


def test_a_language_is_found_from_its_folder(tmp_path, monkeypatch):
    (korean,) = (path for path in CATALOGUES if path.stem == "ko")
    (tmp_path / "xx.mo").write_bytes(korean.with_suffix(".mo").read_bytes())
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    assert language.languages() == ("en", "xx")
    assert speaker.__wrapped__("xx")(Message("0 everywhere")) == "모든 원소가 0입니다"


def test_no_page_says_anything_by_itself():
    for name in SPEAKING:
        source = (GRADER / "templates" / f"{name}.html").read_text("utf-8")
        source = re.sub(
            r"{% block (style|script|width) %}.*?{% endblock %}", "", source, flags=re.DOTALL
        )
        source = re.sub(r"{% (set|macro) style.*?{% end(set|macro) %}", "", source, flags=re.DOTALL)
        told = io.StringIO()
        for _, kind, value in Environment().lex(source):
            told.write(value if kind == "data" else " ")
        labels = re.findall(r'(?:aria-label|alt|placeholder)="([^"]+\w[^"]*)', told.getvalue())
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^<>]*>|&\w+;", " ", told.getvalue()))
        assert not (labels + words), f"{name}.html says {labels + words}"
