r"""Formulas of the pages as MathML, which browsers draw without a script: $…$ and, alone, $$…$$."""

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor

from grader.report.handout import mathml

IN_A_LINE = r"(?<![\\$\w])\$(?![\s$])([^$\n]+(?:\n[^$\n]+)*?)\$(?![$\w])"
ALONE = re.compile(r"(?ms)^ {0,3}\$\$(.+?)\$\$[ \t]*([.,;]?)[ \t]*$")
AFTER_FENCES, AFTER_CODE = 21, 185
"""Priorities of Python-Markdown: code that contains a dollar is taken out before."""


class Formulas(Extension):
    """What mkdocs.yml names."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Add both forms."""
        md.preprocessors.register(_Alone(md), "formulas", AFTER_FENCES)
        md.inlinePatterns.register(_InALine(IN_A_LINE, md), "formula", AFTER_CODE)


class _Alone(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return ALONE.sub(self._stored, "\n".join(lines)).split("\n")

    def _stored(self, found: re.Match[str]) -> str:
        formula = f'<div class="formula">{mathml(found[1], "block")}{found[2]}</div>'
        return f"\n\n{self.md.htmlStash.store(formula)}\n\n"


class _InALine(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[Element | str, int, int]:
        return self.md.htmlStash.store(mathml(m[1], "inline")), m.start(0), m.end(0)


def makeExtension(**settings: object) -> Formulas:
    """Return the extension."""
    return Formulas(**settings)
