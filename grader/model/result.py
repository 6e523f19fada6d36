"""How one check ended on one submission. Plain data, no torch."""

from dataclasses import dataclass
from enum import StrEnum

from .guidance import Guidance
from .message import Message, Text
from .picture import Picture


class Status(StrEnum):
    """How one check ended on one submission."""

    PASSED = "passed"
    FAILED = "failed"
    """The values, shapes or gradients are wrong."""
    STUDENT_ERROR = "student_error"
    """The student's code raised."""
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_RUN = "not_run"
    """Could not be judged, because something it builds on is missing or wrong."""
    GRADER_ERROR = "grader_error"
    """Our fault (disk, lost worker, bug): retried, then listed for a person, never a score."""


NOT_YET = Message(
    "This check is not judged yet, because there is a fault of ours in it. It costs you nothing, "
    "and will be judged once that is mended."
)
"""What students read about a check that the course's own solution fails."""
CAUSES = (Status.FAILED, Status.STUDENT_ERROR, Status.TIMED_OUT, Status.OUT_OF_MEMORY)
"""What a student can fix; other checks may depend on it."""


@dataclass(frozen=True)
class Result:
    """One check on one submission."""

    check: str
    """Name of the pytest function, e.g. ``test_masked_keys_have_no_influence``."""
    question: str
    status: Status
    points: int
    """What the check is worth, all or nothing."""
    sentence: Text
    """The property that is checked, in the words of the docstring."""
    message: Text = ""
    """What happened instead, for the student (empty when passed)."""
    detail: str = ""
    """For the course team only: assertion text, our traceback. Never shown to the student."""
    public: bool = False
    """Whether students can read the check in their notebook."""
    traceback: str = ""
    """Where the student's code raised, in their own lines; a student reads it below the message."""
    error: str = ""
    """Kind of the error that the student's code raised, e.g. ``NameError``."""
    waits_for: str = ""
    """The function of the check that must pass before this one is judged; empty where none."""
    refused: bool = False
    """Whether the check judges nobody, because the course's own solution fails it."""
    seconds: float = 0.0
    """Wall time of the check, in seconds."""
    mistake: str = ""
    """For the course team: names of the mistakes in mistakes.toml that explain the numbers."""
    hypothesis: Text = ""
    """For the course team: what was probably done, as a clause; also in the message."""
    notes: tuple[Text, ...] = ()
    """Remarks of the check for the student, also among the Judgement's notes."""
    picture: Picture | None = None
    """Where it is wrong, for the student, without values."""
    counted: bool = True
    """False for a public check that judges nobody here: it works in the notebook only."""
    guidance: Guidance | None = None
    """What the author has written for whoever fails like this; for the student."""

    @property
    def unwritten(self) -> bool:
        """Whether the student has not begun to write what is judged."""
        return self.error == "NotImplementedError"

    @property
    def forbidden(self) -> bool:
        """Whether the student's code has used what the question asks to build."""
        return self.error == "Forbidden"

    @property
    def earned(self) -> int:
        """Points earned."""
        return self.points if self.status is Status.PASSED else 0
