"""Write docs/reference.md from the docstrings of what authors import: `make reference`."""

import ast
import inspect
import re
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any

from grader import checks

PAGE = Path(__file__).with_suffix(".md")
INTRODUCTION = """\
# Reference: `grader.checks`

What hidden checks import, in alphabetical order. Made by `make reference` from the docstrings.
`tests/docs/test_reference.py` runs every example, after these lines:

```python
import torch
from torch import nn
from grader.checks import *

student = ...  # what a check is given; here, the solution of the attention assignment
draw = Draw(b"an example")
```

How to write a check: [authors.md](authors.md).
"""
SPOKEN = {"Draw": "draw", "Subject": "student"}
"""What checks call an instance."""
SECTION = re.compile(r"^(Args|Returns|Raises|Warns|Yields|Example):\n", re.MULTILINE)
ENTRY = re.compile(r"^(\*{0,2}\w+): ", re.MULTILINE)


def documented(name: str) -> dict[str, str]:
    """Return the docstring of a public name and those of its public methods, by their titles."""
    value = getattr(checks, name)
    if not callable(value):
        return {name: _below(name)}
    spoken = SPOKEN.get(name, name)
    title = name if name == "Subject" else f"{name}{_signature(value)}"
    found = {title: inspect.getdoc(value) or ""}
    for method, function in vars(value).items() if isinstance(value, type) else ():
        if inspect.isfunction(function) and (method == "__call__" or not method.startswith("_")):
            call = spoken if method == "__call__" else f"{spoken}.{method}"
            found[f"{call}{_signature(function)}"] = inspect.getdoc(function) or ""
    return found


def _signature(value: Any) -> str:
    """Return the parameters as a call shows them, without `self` and without types."""
    if isinstance(value, type) and issubclass(value, Warning):
        return "(text)"
    given = inspect.signature(value)
    kept = [p.replace(annotation=p.empty) for p in given.parameters.values() if p.name != "self"]
    return str(given.replace(parameters=kept, return_annotation=given.empty))


def _below(name: str) -> str:
    """Return the docstring that stands below a constant, where it is defined."""
    for module in filter(None, list(sys.modules.values())):
        if module.__name__.startswith("grader.compare") and name in vars(module):
            body = ast.parse(inspect.getsource(module)).body
            for line, after in pairwise(body):
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name:
                    return inspect.cleandoc(ast.literal_eval(ast.unparse(after)))
    raise LookupError(f"no docstring stands below {name}")


def markdown(docstring: str) -> str:
    """Return a docstring as Markdown: its sections as lists, its example as code."""
    text, *sections = SECTION.split(docstring)
    parts = [text.strip().replace("``", "`")]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        body = textwrap.dedent(body).strip()
        if title == "Example":
            parts.append(f"```python\n{body}\n```")
            continue
        body = ENTRY.sub(lambda found: f"- `{found[1]}`: ", body.replace("``", "`"))
        between = "\n\n" if body.startswith("- ") else ": "
        parts.append(f"**{title}**{between}{body}")
    return "\n\n".join(parts)


def page() -> str:
    """Return the whole page."""
    parts = [INTRODUCTION]
    for name in sorted(checks.__all__, key=str.lower):
        (title, docstring), *methods = documented(name).items()
        parts.append(f"## `{title}`\n\n{markdown(docstring)}\n")
        parts += [f"### `{title}`\n\n{markdown(docstring)}\n" for title, docstring in methods]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
