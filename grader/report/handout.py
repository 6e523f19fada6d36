"""Render the students' notebook for print and for other editors: an HTML page, and a script.

The page loads nothing: formulas are MathML, whereas nbconvert's own pages fetch MathJax. A formula
that cannot be converted to MathML is shown as the author wrote it.
"""

import html
import json
import re
from typing import Any
from xml.etree import ElementTree

from ..course.notebook_format import nbformat  # isort: skip  # above what imports it as well

import jupytext
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from ..course.assignment import Assignment
from ..course.build import ADDED, skeleton
from .page import template

MATHML = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup",
    "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded",
    "mphantom", "menclose",
}  # fmt: skip
NO_MATHML = {"href", "style"}
TEXT, MATH_IN_TEXT = re.compile(r"\\text\{[^{}]*\}"), re.compile(r"\$([^$]*)\$")


def page(assignment: Assignment) -> str:
    """Return a page that can be printed, without the cells that only run checks."""
    highlight = Highlight2HTML()  # type: ignore[no-untyped-call]
    markdown = MarkdownWithMath(renderer=Renderer(exclude_anchor_links=True))
    cells = []
    for cell in skeleton(assignment)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and cell["id"] not in ADDED:
            cells.append(Markup(markdown.render(source)))
        elif cell["id"] not in ADDED:
            cells.append(Markup(highlight(source, language="python")))
    return template("handout.html").render(title=assignment.title, cells=cells)


def script(assignment: Assignment) -> str:
    """Return the notebook as a py:percent script; it runs, and can be submitted as well."""
    notebook = nbformat.reads(json.dumps(skeleton(assignment)), as_version=4)  # type: ignore[no-untyped-call]
    filters = {"cell_metadata_filter": "-all", "notebook_metadata_filter": "-all"}
    notebook.metadata["jupytext"] = filters
    text: str = jupytext.writes(notebook, fmt="py:percent")
    return text


class Renderer(IPythonRenderer):
    """Markdown to HTML, escaping everything and referring to nothing that must be loaded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False, **options)

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own."""
        return mathml(body, "block")

    def inline_math(self, body: str) -> str:
        """Return a formula in a line."""
        return mathml(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        r"""Return what stands between \begin{name} and \end{name}."""
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link instead of a picture, which would have to be loaded."""
        link: str = self.link(text or "picture", url, title)
        return link


def mathml(tex: str, display: str) -> str:
    """Return a formula as MathML or, if that is not possible, unchanged.

    The converter passes the content of \\text{…} and unknown commands on without escaping, so its
    result is checked.
    """
    try:
        found: str = convert(_in_other_words(tex.strip()), display=display)
        root = ElementTree.fromstring(found)
    except Exception:  # it has many of its own, and sometimes raises an IndexError
        return _as_it_is(tex)
    for element in root.iter():
        if element.tag.rpartition("}")[2] not in MATHML or not NO_MATHML.isdisjoint(element.keys()):
            return _as_it_is(tex)
    return _as_it_is(tex) if "\\" in "".join(root.itertext()) else found


def _in_other_words(tex: str) -> str:
    """Rewrite what the converter does not support."""
    tex = tex.replace("{aligned}", "{align*}").replace("{gathered}", "{align*}")
    tex = re.sub(r"(\\\\)\[[^]]*\]", r"\1", tex)  # a wider gap between two lines
    return TEXT.sub(lambda text: MATH_IN_TEXT.sub(r"}\1\\text{", text[0]), tex)


def _as_it_is(tex: str) -> str:
    return f"<code>{html.escape(tex.strip())}</code>"
