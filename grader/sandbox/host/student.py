"""The student's functions and modules, usable as if they were local torch code.

`student.f(x)` runs in the sandbox and returns here. It is differentiable: `.backward()` and even
`torch.autograd.gradcheck(student.f, x)` cross the border, so a hidden test is ordinary torch.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

from ...model.limits import StudentError
from ...model.message import Message
from ...model.subject import Beginning, Subject
from . import source
from .loaded import Loaded
from .remote import RemoteClass, RemoteFunction


class Student(Subject):
    """What a submission that has been loaded defines, as a check sees it."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded, self.beginning = loaded, Beginning()

    @property
    def names(self) -> Collection[str]:
        """The graded names that it defines."""
        return self._loaded.defined.keys()

    def begin(self, beginning: Beginning) -> None:
        """Start a check: forget the last one's calls, and replace a worker that has died."""
        self._loaded.begin(beginning)
        self.beginning = beginning

    def __getattr__(self, name: str) -> Any:
        """Return the student's function, value, or a factory of modules. Raises StudentError."""
        if name.startswith("_"):
            raise AttributeError(name)
        kind = self._loaded.defined.get(name)
        if kind is None:
            missing = Message("`{name}` is not defined", name=name)
            if other := self._loaded.near.get(name):
                missing = Message(
                    "`{name}` is not defined: you define `{own}`, and the question asks for "
                    "`{asked}`",
                    name=name, own=other, asked=name,
                )  # fmt: skip
            problems = "\n".join(traceback for _, traceback in self._loaded.problems)
            raise StudentError(missing, "NameError", problems)
        if kind == "value" and name in self._loaded.values:
            return self.beside(_value)(name)
        if kind == "value":
            said = Message("`{name}` is a value, not a function or a class", name=name)
            raise StudentError(said, "TypeError")
        if kind == "module":
            return RemoteClass(self._loaded.worker, name)

        return RemoteFunction(self._loaded.worker, name)

    def using(self, **sources: str) -> AbstractContextManager[None]:
        """Judge code with trusted stand-ins, given as source text, for names that it uses."""
        return self._loaded.helped(sources)

    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of ours as it runs in the worker, the student's names as its first
        argument: for what cannot cross the border, such as a model with its optimizer.

        It is sent as source text, so it must import what it uses. What it returns is made beside
        the student's code, and is no more to be believed than a result of theirs.
        """
        name = f"beside_{function.__name__}"
        sent = (
            f"import __main__\n{source.text(function)}\n"
            f"def {name}(*args, **kwargs):\n"
            f"    return {function.__name__}(__main__, *args, **kwargs)\n"
        )
        self._loaded.worker.use(**{name: sent})

        return RemoteFunction(self._loaded.worker, name, said=function.__name__)


def _value(names, name):  # type: ignore[no-untyped-def]  # sent as source
    if (value := getattr(names, name)) is ...:
        raise NotImplementedError(f"{name} is still ...")
    return value
