"""Every command that a document shows can be given: options, choices and arguments exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from grader.cli.main import main

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINE = re.compile(r"(?m)^(?: {4}|\$ )(grader .*)$")
ELSEWHERE = ("|", "&&", "||", "<", ">")


def shown(text: str) -> Iterator[list[str]]:
    """Yield the words of each command, joined where a line ends with a backslash."""
    for line in LINE.findall(re.sub(r"\\\n\s+", "", text)):
        line, *_ = re.split(r" {3,}", line)  # what stands beside it says what it does
        words = shlex.split(line, comments=True)
        stop = next((i for i, word in enumerate(words) if word in ELSEWHERE), len(words))
        if "…" not in line.partition("#")[0] and "COMMAND" not in words:
            yield words[1:stop]


def problem(words: list[str], command: click.Command = main) -> str:
    """Return what is wrong with a command; values and files that it names need not be right."""
    context = click.Context(command, **main.context_settings)  # click keeps its help option
    try:
        given, rest, _ = command.make_parser(context).parse_args([*words])
    except click.UsageError as error:
        return error.format_message()
    if isinstance(command, click.Group):
        name, *rest = rest or [""]
        below = command.get_command(context, name)
        return problem(rest, below) if below else f"there is no command {name}"
    options = [param for param in command.params if isinstance(param, click.Option)]
    missing = [param.opts[-1] for param in options if param.required and param.name not in given]
    return f"{missing} must be given" * bool(missing) or f"{rest} are too many" * bool(rest)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.relative_to(ROOT)}")
def test_every_command_that_is_shown_can_be_given(path):
    wrong = {" ".join(words): problem(words) for words in shown(path.read_text("utf-8"))}
    assert {words: why for words, why in wrong.items() if why} == {}


@pytest.mark.parametrize(
    "line",
    [
        "grader garde x", "grader build --all", "grader grade x -o y",
        "grader export moodle x -o y", "grader backup a b c", "grader --course .",
    ],
)  # fmt: skip
def test_a_command_that_cannot_be_given_is_found(line):
    (words,) = shown(f"    {line}\n")
    assert problem(words)


def test_a_command_is_read_over_lines_and_without_what_follows():
    text = "    grader grade x -a y \\\n        -o z && ls  # all\n$ grader new …\n"
    assert [*shown(text)] == [["grade", "x", "-a", "y", "-o", "z"]]
