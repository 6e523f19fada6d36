"""What a check gets as `student`: whatever somebody's code defines, wherever it runs."""

from abc import abstractmethod
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Beginning:
    """How a check begins."""

    seed: int = 0
    """Of the random numbers that the code draws."""
    forbid: tuple[str, ...] = ()
    """Names of torch that the code may not use."""
    single: bool = False
    """Whether float32 is torch's default there, as in a student's notebook, and not float64."""
    solved: frozenset[str] = frozenset()
    """Whatever is defined in the cells of questions whose checks have all passed so far."""
    seconds: float | None = None
    """What each request may take, in CPU seconds; if None, what loading may take."""


class Subject(Protocol):
    """What a check gets as `student`: somebody's code, by the names that it defines.

    These are functions, values and classes of nn.Module. In grading it is a submission in its
    sandbox, in CI the course's solution. All attributes but the methods below are the code's own.

    Example:
        >>> def test_shape(student: Subject, draw: Draw) -> None:
        ...     call(student.split_heads, draw(1, 3, 8), 2, shapes={"heads": (1, 2, 3, 4)})
        >>> test_shape(student, draw)
    """

    beginning: Beginning
    """How the present check has begun."""

    @property
    @abstractmethod
    def names(self) -> Collection[str]:
        """The names that are defined, as far as they are known."""

    @abstractmethod
    def begin(self, beginning: Beginning) -> None:
        """Start a check, forgetting what the last one constructed and drew. The session does this.

        Args:
            beginning: How the check begins.
        """

    @abstractmethod
    def using(self, **sources: str) -> AbstractContextManager[None]:
        """Replace names that the code uses by stand-ins, while the context is active.

        The code then runs in a worker of its own; see `assuming`.

        Args:
            **sources: For each name, the source text of its definition.

        Returns:
            A context manager.
        """

    @abstractmethod
    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of the course as it runs beside the code, for what cannot be sent back.

        Args:
            function: Gets the code's names as its first argument; its source is sent, so it
                imports what it uses.

        Returns:
            A function without that first argument. Its arguments and results are tensors, numbers,
            text, and tuples, lists and dicts of these.
        """

    @abstractmethod
    def __getattr__(self, name: str) -> Any:
        """Return what the code defines by this name."""


RESERVED = frozenset(
    name for name in (*vars(Subject), *Subject.__annotations__) if not name.startswith("_")
)
"""What no question may be called: a check that asks for it gets an attribute of Subject."""
