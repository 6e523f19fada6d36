"""Commands of `grader`, run in this process."""

from pathlib import Path

from click.testing import CliRunner

from grader.cli.main import main


def run(course: Path, *words: object, code: int = 0) -> str:
    """Run a command on a course that must end so; return what it says, in one line."""
    result = CliRunner().invoke(main, ["--course", str(course), *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())
