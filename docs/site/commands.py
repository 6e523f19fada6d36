"""The commands with their help in Markdown, in which mkdocs-click expects it.

click keeps the lines of a paragraph that begins with a backspace as they are: examples, and lists
of commands.
"""

import inspect
import re

import click

from grader.cli.main import main as ours

AS_IT_IS = "\b\n"
INDENTED = re.compile(r"(?m)^ {2}(?=\S)")


def in_markdown(command: click.Command) -> click.Command:
    """Return a command, or a group with its commands, whose help is Markdown."""
    words = {
        "name": command.name, "params": command.params, "add_help_option": False,
        "short_help": command.get_short_help_str(),
        "help": "\n\n".join(map(_paragraph, inspect.cleandoc(command.help or "").split("\n\n"))),
        "context_settings": command.context_settings,
    }  # fmt: skip
    if not isinstance(command, click.Group):
        return click.Command(**words)
    context = click.Context(command)
    below = (command.get_command(context, name) for name in command.list_commands(context))
    return click.Group(**words, commands=[in_markdown(one) for one in below if one])


def _paragraph(text: str) -> str:
    if not text.startswith(AS_IT_IS):
        return text
    heading, _, lines = text.removeprefix(AS_IT_IS).partition("\n")
    return f"{heading}\n\n{INDENTED.sub('    ', lines)}"


main = in_markdown(ours)
