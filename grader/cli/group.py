"""How every command ends: with a sentence, a remedy and an exit code; see model/errors.py."""

import io
import sys
from typing import Any

import click

from ..model.errors import ExitCode, FileError, GraderError
from ..model.language import DEFAULT
from ..model.message import Message
from .run import INTERRUPTION
from .stream import patient
from .terminal import voice


class Group(click.Group):
    """Commands that end with a sentence, a remedy and an exit code, whatever goes wrong."""

    def add_command(self, command: click.Command, name: str | None = None) -> None:
        """Add a command. Raises ValueError for a name that is taken."""
        if (name or command.name) in self.commands:
            raise ValueError(f"there are two commands {name or command.name}")
        super().add_command(command, name)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run the command to its end, whatever happens to its output."""
        with patient() as output:
            try:
                return super().main(*arguments, **settings)
            except SystemExit as end:
                if not (lost := output.lost()) or end.code:
                    raise
                error = Message("Error: the output cannot be written: {why}.", why=lost)
                click.echo(voice.say(error), err=True)
                sys.exit(ExitCode.FILE)
            finally:
                voice.speak(DEFAULT)

    def invoke(self, context: click.Context) -> object:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):  # LANG=C has no letters for most names
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(context)
        except (GraderError, OSError) as raised:
            error = FileError(raised) if isinstance(raised, OSError) else raised
            click.echo(voice.say(Message("Error: {error}", error=error)), err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:  # a second one, while results are being written
            click.echo(voice.say(INTERRUPTION), err=True)
            sys.exit(ExitCode.INTERRUPTED)
