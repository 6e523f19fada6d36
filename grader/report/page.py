"""Pages that load nothing and run nothing of a student's: the templates and their functions."""

import functools
import hashlib
import re
import statistics
from base64 import b64encode
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from ..model.language import DEFAULT, Find, Say, finder, speaker
from ..model.late import EXCUSED
from ..model.message import Message
from ..model.result import CAUSES, Result, Status
from ..model.standing import SUBMISSION, Standing
from ..model.translation import Template as Sentence
from .results_json import DECIDED, REMARK, added
from .sanitize import OUR_FAULT, clean, whole

if TYPE_CHECKING:
    from jinja2 import Template

    from .overview import Overview


PROVEN = Message("{stopped} of {all} attempts to break out stopped")
"""As sandbox/host/attempts.py says it."""


@functools.cache
def template(name: str, language: str = DEFAULT) -> "Template":
    """Return a template; its pages load nothing, see templates/base.html.

    In it, ``_("{n} of {all}", n=3, all=5)`` says a text of ours in the language.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # 0.03 s

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        _breakable,
        _cells,
        clean,
        _csp_hash,
        first_sentence,
        headline,
        _link,
        whole,
        Standing.points,
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
        "SUBMISSION": SUBMISSION,
    }
    environment.filters["say"] = speaker(language)
    environment.filters["layers"] = partial(_layers, speaker(language))
    environment.globals |= {
        "_": partial(_said, finder(language)),
        "ngettext": partial(_counted, finder(language)),
        "LANGUAGE": language,
    }
    environment.globals |= {"DECIDED": DECIDED, "REMARK": REMARK, "added": added}
    return environment.get_template(name)


def _layers(say: Say, layers: Iterable[str]) -> str:
    """Return what the sandbox was; of what was tried in it a judgement keeps a sentence."""
    tried = Sentence.of(PROVEN.template)
    found = ((layer, tried.values(layer)) for layer in layers)
    return ", ".join(say(PROVEN.format(**v)) if v else layer for layer, v in found)


def _said(find: Find, text: str, **values: object) -> Markup:
    """Return a text of ours with values, which are escaped unless they are Markup."""
    return Markup(escape(find(text, "", 1))).format(**values)


def _counted(find: Find, one: str, many: str, n: int, **values: object) -> Markup:
    """Return a text that depends on a number, with this and other values in it."""
    return Markup(escape(find(one, many, n))).format(n=n, **values)


def headline(result: Result) -> str:
    """Return the most telling line of a result: its first, or the last of a traceback."""
    return f"{result.message}".partition("\n")[0] or result.traceback.rpartition("\n")[2]


def first_sentence(text: str) -> str:
    """Return what is the case; the rest tells the student what to do."""
    return re.split(r"(?<=[.:?!])\s", f"{text}", maxsplit=1)[0].rstrip(":")


def _link(student: str, overview: "Overview") -> Markup:
    """Return the link to a student's page if there is one, by name where it is known."""
    shown = escape(overview.names.get(student, student))
    if not overview.has_page(student):
        return shown
    return Markup(f'<a href="{quote(student, safe="")}/feedback.html">{shown}</a>')


def _cells(numbers: Iterable[float | None]) -> Markup:
    """Return the cells of a table; in a class of 10,000, a macro for each would take half of it."""
    shown = ((-1, "–") if number is None else (number, number) for number in numbers)
    return Markup("\n".join(f'<td class="number" data-value="{v}">{t}</td>' for v, t in shown))


def _breakable(text: str) -> Markup:
    """Return escaped text whose names may be broken between their words."""
    return Markup(re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\w_)(?=\w)", "<wbr>", str(escape(text))))


def _prose(text: str) -> Markup:
    """Return escaped text in which `names between backticks` are set as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))


def _csp_hash(text: str) -> str:
    """Return the source expression that lets exactly this inline style or script through."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
