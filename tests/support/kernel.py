"""What a notebook that was run has shown."""

from collections.abc import Iterable

import nbformat


def said(outputs: Iterable[nbformat.NotebookNode]) -> str:
    """Return everything in words: what was printed, and displays as text, pictures left out."""
    return "".join(map(_text, outputs))


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return f"{data['text/plain']}\n" if "text/html" in data else ""
