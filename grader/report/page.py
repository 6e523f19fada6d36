"""Pages that load nothing and run nothing of a student's: the templates and their functions."""

import functools
import hashlib
import re
import statistics
from base64 import b64encode
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from ..model.late import EXCUSED
from ..model.result import CAUSES, Status
from ..model.verdict import Report
from ..model.words import DEFAULT, Say, speaker, translator
from .results_json import DECIDED, REMARK
from .sanitize import OUR_FAULT

_TRACEBACK = re.compile(r"^(?:Traceback \(|[ \t]+\S)", re.MULTILINE)


@functools.cache
def template(name: str, language: str = DEFAULT) -> Template:
    """Return a template; its pages load nothing, see templates/base.html.

    In it, ``_("{n} of {all}", n=3, all=5)`` says a text of ours in the language.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        _cells,
        _csp_hash,
        headline,
        _link,
        _parts,
        Report.points,
        _prose,
        statistics.fmean,
        statistics.median,
    )
    environment.filters |= {f.__name__.lstrip("_"): f for f in filters}
    environment.filters["url"] = lambda text: quote(text, safe="")
    environment.globals |= {
        "Status": Status,
        "CAUSES": CAUSES,
        "OUR_FAULT": OUR_FAULT,
        "EXCUSED": EXCUSED,
    }
    environment.filters["translated"] = translator(language)
    environment.globals |= {"_": partial(_said, speaker(language)), "LANGUAGE": language}
    environment.globals |= {"DECIDED": DECIDED, "REMARK": REMARK, "EXCUSED": EXCUSED}
    return environment.get_template(name)


def _said(say: Say, text: str, **values: object) -> Markup:
    """Return a text of ours with values, which are escaped unless they are Markup."""
    return Markup(escape(say(text))).format(**values)


def _parts(message: str) -> tuple[str, str]:
    """Split a message into its text and its traceback."""
    found = _TRACEBACK.search(message)
    cut = found.start() if found else len(message)
    return message[:cut].strip(), message[cut:].rstrip()


def headline(message: str) -> str:
    """Return the most telling line of a message: its first, or the last of a traceback."""
    words, traceback = _parts(message)
    return words.partition("\n")[0] or traceback.rpartition("\n")[2]


def _link(student: str) -> Markup:
    """Return the link to a student's page."""
    return Markup(f'<a href="{quote(student, safe="")}/feedback.html">{escape(student)}</a>')


def _cells(numbers: Iterable[float | None]) -> Markup:
    """Return the cells of a table; in a class of 10,000, a macro for each would take half of it."""
    shown = ((-1, "–") if number is None else (number, number) for number in numbers)
    return Markup("\n".join(f'<td class="number" data-value="{v}">{t}</td>' for v, t in shown))


def _prose(text: str) -> Markup:
    """Return escaped text in which `names between backticks` are set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def _csp_hash(text: str) -> str:
    """Return the source expression that lets exactly this inline style or script through."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
