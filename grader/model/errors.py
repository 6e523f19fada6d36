"""Everything that ends a command, as one tree, and the exit codes.

    GraderError                                                              exit code
    ├── AssignmentError    an author's file: line, error and remedy          2
    ├── CourseError        a course that is not there, or lacks a file       2
    ├── IntakeError        submissions that cannot be read as requested      2
    ├── Refused            a submission or an archive that cannot be taken   2
    ├── Unreadable         a submission that is not a notebook               2
    ├── TableError         a CSV that is not valid                           2
    ├── RuleError          a late rule that is not valid                     2
    ├── Elsewhere          feedback for a submission that no platform sent  2
    ├── NoToken            no token for Canvas in the environment                2
    ├── CanvasError        Canvas refuses: status, endpoint and remedy           2
    ├── Undocumented       an answer of Canvas's that has another form           2
    ├── Unread             a journal of what was sent that is not valid          2
    ├── Conflict           shards that contradict each other                 2
    ├── CannotJudge        checks or a sandbox that judge nobody             2
    ├── PluginError        a package that adds something and is broken       2
    ├── SandboxError       a machine without a sandbox, or a lost worker     2
    ├── StoreError         grades.sqlite, or what lies in its place          4
    ├── Unreachable        Canvas does not answer                                4
    ├── Unwritable         a file that cannot be written                     4
    └── FileError          any other file that the system denies             4

Two kinds of error are not in it, because they end no command. A StudentError (limits.py) and its
kinds are raised by a student's code, and become a Result; a Failure (compare/trial.py) is what a
check has found.
"""

from enum import IntEnum
from typing import Any, ClassVar, Self

from .message import Message, Text, joined


class ExitCode(IntEnum):
    """What a command ends with; docs/commands.md has the same table."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Give a code its meaning."""
        member = int.__new__(cls, code)
        member._value_, member.meaning = code, meaning
        return member

    FINE = 0, "success"
    DIFFERS = (
        1,
        "a score or a submission changed (`diff`), a check failed (`check`), a notebook is out of "
        "date (`build --check`), a test is unsound (`verify`), the sandbox does not hold "
        "(`doctor`)",
    )
    UNUSABLE = (
        2,
        "wrong usage, or a file of the course or of the class is not valid; the message names it "
        "and the remedy",
    )
    PERSON = (
        3,
        "a person should look: some submissions could not be judged, are not notebooks, or count "
        "by another file than before; or a student has no row or no score (`gradebook`), or "
        "gets no feedback (`feedback`, `canvas push`)",
    )
    FILE = (
        4,
        "a file cannot be written or read, or Canvas does not answer; what was judged is kept, and "
        "the same command goes on",
    )
    INTERRUPTED = 130, "interrupted; what was judged is kept, and the same command goes on"


class GraderError(Exception):
    """Ends a command with a sentence, a remedy and an exit code, and without a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.UNUSABLE

    def __init__(self, what: Text = "", remedy: Text = "") -> None:
        """Say what is wrong and, where `what` does not say it, what to do about it."""
        super().__init__(joined(" ", (what, remedy)))
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross processes and machines whatever arguments a kind takes."""
        return _made, (type(self), self.args, self.__dict__)


class FileError(GraderError):
    """The system denies a file; the message names it, the reason and the remedy."""

    exit_code = ExitCode.FILE

    def __init__(self, error: OSError) -> None:
        super().__init__(
            Message(
                "{file} cannot be used: {why}. Once it can, the same command goes on.",
                file=error.filename or Message("a file"), why=error.strerror or error,
            )
        )  # fmt: skip


def _made(kind: type[GraderError], args: tuple[Any, ...], fields: dict[str, Any]) -> GraderError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(fields)
    return error
