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


class Subject(Protocol):
    """Somebody's code, by the names that it defines: functions, values, classes of nn.Module.

    All other attributes that start with no underscore are the code's own.
    """

    beginning: Beginning
    """How the present check has begun."""

    @property
    @abstractmethod
    def names(self) -> Collection[str]:
        """The names that are defined, as far as they are known."""

    @abstractmethod
    def begin(self, beginning: Beginning) -> None:
        """Start a check: what the last one made and drew is forgotten."""

    @abstractmethod
    def using(self, **sources: str) -> AbstractContextManager[None]:
        """Replace names that the code uses by stand-ins, given as source text, for a while."""

    @abstractmethod
    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of ours as it runs beside the code, whose names it gets first."""

    @abstractmethod
    def __getattr__(self, name: str) -> Any:
        """Return what the code defines by this name."""


RESERVED = frozenset(
    name for name in (*vars(Subject), *Subject.__annotations__) if not name.startswith("_")
)
"""What no question may be called: a check that asks for it gets an attribute of Subject."""
