"""Every command, option and exit code is in the documentation."""

import re
from pathlib import Path

import click
import pytest

from grader.cli.main import main

ROOT = Path(__file__).parents[2]
DOCS = "\n".join(
    path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
)


def mentioned(word: str) -> bool:
    """Whether a word stands in the documentation as code, alone or with what belongs to it."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", DOCS) is not None


GROUPS = [command for command in main.commands.values() if isinstance(command, click.Group)]
OPTIONS = [
    (command.name, option)
    for group in (main, *GROUPS)
    for command in (group, *group.commands.values())
    for parameter in command.params
    if isinstance(parameter, click.Option)
    for option in (*parameter.opts, *parameter.secondary_opts)
]


@pytest.mark.parametrize("name", main.commands)
def test_every_command_has_a_section(name):
    assert f"## `grader {name}" in (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert mentioned(f"grader {name}")


@pytest.mark.parametrize("group", ["export", "import"])
def test_every_command_of_a_group_has_a_section(group):
    commands = (ROOT / "docs" / "commands.md").read_text("utf-8")
    missing = [
        n for n in main.commands[group].commands if f"## `grader {group} {n} " not in commands
    ]
    assert missing == []


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_documented(command, option):
    assert mentioned(option)


def test_the_option_for_help_is_documented():
    assert all(mentioned(option) for option in main.context_settings["help_option_names"])


@pytest.mark.parametrize("fixture", ["student", "draw"])
def test_every_fixture_is_documented(fixture):
    assert f"| `{fixture}`" in DOCS


def test_no_documented_option_is_gone():
    known = {option for _, option in OPTIONS} | {"--help", "-h"}
    table = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert not set(re.findall(r"`(--[a-z-]+)", table)) - known
