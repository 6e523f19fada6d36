"""The Python cells of a text in Markdown: Jupytext's, MyST's, Quarto's and R Markdown's.

For grading it runs in the sandbox alone.
"""

import re
from collections.abc import Iterator

FENCE = re.compile(
    r"^(?P<fence>```+|~~~+)[ \t]*"
    r"(?:\{(?:code-cell\}|python\b[^}\n]*\})|(?:i?python3?|py)\b)[^\n]*\n"
    r"(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
OPTIONS = re.compile(r"\A(?::[\w-]+:[^\n]*\n|---\n.*?^---\n)+", re.DOTALL | re.MULTILINE)
"""MyST's, at the beginning of a cell."""


def cells(text: str) -> Iterator[str]:
    """Yield the source of every fenced block of Python."""
    for found in FENCE.finditer(text):
        yield OPTIONS.sub("", found["body"])
