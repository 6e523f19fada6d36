"""The lines of an answer as otter-grader marks them, and as we do.

    # SOLUTION, also behind code
    # BEGIN SOLUTION … # END SOLUTION
    # BEGIN PROMPT … # END PROMPT, each behind three quotation marks

Both of the first may add NO PROMPT. A prompt is what students get in the place of the solution
above it; we have one text for all, and keep an author's own as a comment.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

Line = tuple[str, bool]
"""A line of code, and whether students do not get it."""
ONE_LINE = re.compile(r"(.*?)\s*# ?SOLUTION\b.*")


def solution_marks(source: str) -> list[Line]:
    """Read the lines of an answer. Raises ValueError, with a remedy in its second sentence."""
    lines: list[Line] = []
    state, last = "", 0  # inside of what, and where the last solution begins
    for line in source.split("\n"):
        bare, was_hidden = line.rstrip(), bool(lines) and lines[-1][1]
        if bare.endswith("# END SOLUTION"):
            if state != "SOLUTION":
                raise ValueError("a solution ends but never began. Put # BEGIN SOLUTION above it")
            state = ""
        elif state == "SOLUTION":
            lines.append((line, True))
        elif re.match(r"\s*# BEGIN SOLUTION", line):
            state, last = "SOLUTION", len(lines)
        elif bare.endswith("# BEGIN PROMPT"):
            state = "PROMPT"
        elif bare.endswith("# END PROMPT"):
            state = ""
        elif state == "PROMPT":
            lines.insert(last, (f"{_dent(line)}# {line.strip()}".rstrip(), False))
            last += 1
        elif found := ONE_LINE.fullmatch(line):
            last = last if was_hidden else len(lines)
            lines += [(found[1], True)] if found[1].strip() else []
        else:
            lines.append((line, False))
    if state:
        raise ValueError(f"this {state} is never closed. Put # END {state} below it")
    return lines


def with_regions(lines: Sequence[Line]) -> str:
    """Return the text with our solution region around everything that students do not get."""
    return "\n".join(_regions(lines))


def _regions(lines: Sequence[Line]) -> Iterator[str]:
    for hidden, group in groupby(lines, key=lambda line: line[1]):
        texts = [text for text, _ in group]
        if not hidden:
            yield from texts
            continue
        dent = min((_dent(text) for text in texts if text.strip()), key=len, default="")
        yield from (f"{dent}# BEGIN SOLUTION", *texts, f"{dent}# END SOLUTION")


def _dent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
