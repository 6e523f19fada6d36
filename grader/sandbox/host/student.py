"""The student's functions and modules, usable as if they were local torch code.

`student.f(x)` runs in the sandbox and returns here. It is differentiable: `.backward()` and even
`torch.autograd.gradcheck(student.f, x)` cross the border, so a hidden test is ordinary torch.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from ...model.limits import Limits, StudentError
from .budget import Budget
from .remote import RemoteFunction, RemoteModule
from .reply import of_notebook
from .sandbox import OUTPUT_BYTES, Sandbox, Zygote

MOST_NOTES, MOST_TRIED, MOST_PLACES = 100, 3, 5
DYNAMIC = (
    "It defines names at run time, so all of its cells were run, and not only those that count."
)
TRIED = "Run because it may change what your answers need, and stopped: {problem}"
NOT_TRIED = (
    "What only may change something that your answers need was not run, for with it your notebook "
    "did not end in time: {error}"
)
NOT_RUN = "Not run, though something there could change what your answers need: {places}"


class Unreadable(Exception):
    """The submission is no notebook; the message tells the student what it is instead."""


class Student:
    """What a submission defines, by name: functions, values, and classes of nn.Module.

    What starts with no underscore, but `using` and `beside`, is the student's.
    """

    def __init__(
        self, zygote: Zygote, data: bytes, names: tuple[str, ...], limits: Limits,
        values: tuple[str, ...] = (), *, whole: bool = False, forbids: bool = False,
        budget: Budget | None = None,
    ) -> None:  # fmt: skip
        """Read and run what counts of the notebook `data` for `names`, or the `whole` of it.

        Those in `values` may stand for values, which are sent here when a check looks at them.
        `forbids` says that some question forbids names of torch. What is run spends of a `budget`,
        or has one of its own.

        Raises Unreadable, StudentError (its code ends the process or exceeds a limit while it is
        loaded) and SandboxError.
        """
        self._zygote, self._names, self._limits, self._values = zygote, names, limits, values
        self._budget, self._forbids = budget or Budget(limits), forbids
        self._data = (
            torch.frombuffer(bytearray(data), dtype=torch.uint8)
            if data
            else torch.empty(0, dtype=torch.uint8)
        )
        self._run = "whole" if whole else "needed"
        self._beginning: dict[str, Any] = {"seed": 0, "forbid": [], "single": False}
        self._single = False
        """Whether torch makes float32 there, as in a student's notebook, and not float64."""
        self._other: Sandbox | None = None
        """The worker of the other precision, if there is one."""
        self._helped: dict[tuple[bool, tuple[tuple[str, str], ...]], Sandbox] = {}
        self._printed = ""
        self._notes: list[str] = []
        self._worker, loaded = self._load_safely()
        missing = set(names) - set(loaded["defined"])
        if missing and (loaded["problems"] or loaded["dynamic"]) and not whole:
            loaded = self._prefer_whole(loaded)
        # what a newer Python reads may well define them
        newer = any("is Python 3." in note for note in loaded["notes"])
        if loaded["instead"] and not loaded["defined"] and not newer:
            self._retire(self._worker)
            raise Unreadable(loaded["instead"])
        self._defined: dict[str, str] = loaded["defined"]
        self._near: dict[str, str] = loaded["near"]
        """For names that are not defined, one that is and differs by a letter."""
        self._problems: list[str] = loaded["problems"]
        self._uses: dict[str, list[str]] = loaded["uses"]
        """For each name that it defines, the names of torch in its code."""
        self._left_out: list[str] = loaded["left_out"]
        """Places in the notebook that were not run, and could matter."""
        first_lines = [problem.partition("\n")[0] for problem in self._problems]
        tried = [problem.partition("\n")[0] for problem in loaded["tried"][:MOST_TRIED]]
        notes = [*loaded["notes"], *first_lines, *(TRIED.format(problem=p) for p in tried)]
        self._notes += notes[:MOST_NOTES]  # a worker sends no more, but what it became might
        if self._left_out:
            self._notes.append(NOT_RUN.format(places=_listed(self._left_out)))

    def _load(self) -> tuple[Sandbox, dict[str, Any]]:
        """Open a worker and have it run the submission."""
        self._budget.allow(self._limits.seconds)
        worker = self._zygote.open(self._limits, self._budget)
        try:
            names = list(self._names)
            loaded = worker.ask(
                "load", data=self._data, names=names, run=self._run, single=self._single,
                forbids=self._forbids,
            )  # fmt: skip
        except BaseException:
            self._retire(worker)
            raise
        loaded = of_notebook(loaded, self._names)
        if loaded["unreadable"]:
            self._retire(worker)
            raise Unreadable(loaded["unreadable"])
        return worker, loaded

    def _load_safely(self) -> tuple[Sandbox, dict[str, Any]]:
        """Load; if that ends the worker, do without what is not surely needed."""
        try:
            return self._load()
        except StudentError as error:
            if self._run == "whole":
                raise
            self._run, said = "sure", str(error)
            worker, loaded = self._load()
            if not loaded["ran"]:
                self._retire(worker)
                raise
            self._notes.append(NOT_TRIED.format(error=said))
            return worker, loaded

    def _prefer_whole(self, sliced: dict[str, Any]) -> dict[str, Any]:
        """Run the whole notebook in another worker, and keep it if that defines more."""
        before, self._run = self._run, "whole"
        try:
            worker, loaded = self._load()
        except StudentError:
            self._run = before
            return sliced
        if len(loaded["defined"]) <= len(sliced["defined"]):
            self._retire(worker)
            self._run = before
            return sliced
        self._retire(self._worker)
        self._worker = worker
        self._notes.append(DYNAMIC)
        return loaded

    def _retire(self, worker: Sandbox) -> None:
        with worker:
            self._printed = (self._printed + worker.printed())[:OUTPUT_BYTES]

    def _begin(self, seed: int, forbid: tuple[str, ...] = (), *, single: bool = False) -> None:
        """Start a check: forget the last one's calls, and replace a worker that has died.

        With `single`, where float32 is torch's default, in a worker that has been loaded so.
        """
        other, self._single = single is not self._single, single
        worker = self._other if other else self._worker
        try:
            if worker is None or not worker.alive:
                fresh, _ = self._load()
                if worker is not None:
                    self._retire(worker)
                worker = fresh
        except BaseException:
            self._single ^= other
            raise
        if other:
            self._other = self._worker
        self._worker = worker
        self._beginning = {"seed": seed, "forbid": list(forbid), "single": single}
        self._worker.begin(**self._beginning)

    def __getattr__(self, name: str) -> Any:
        """Return the student's function, value, or a factory of modules. Raises StudentError."""
        if name.startswith("_"):
            raise AttributeError(name)
        kind = self._defined.get(name)
        if kind is None:
            missing = f"`{name}` is not defined"
            if other := self._near.get(name):
                missing += f": you define `{other}`, and the question asks for `{name}`"
            raise StudentError(missing, "NameError", "\n".join([missing, *self._problems]))
        if kind == "value" and name in self._values:
            return self.beside(_value)(name)
        if kind == "value":
            raise StudentError(f"`{name}` is a value, not a function or a class", "TypeError")
        if kind == "module":
            return lambda *args, **kwargs: RemoteModule(self._worker, name, args, kwargs)

        return RemoteFunction(self._worker, name)

    @contextmanager
    def using(self, **sources: str) -> Iterator[None]:
        """Judge code with trusted stand-ins, given as source text, for names that it uses.

        They live in a worker of their own: in the student's first worker, code that is judged
        later could find them on the heap and answer with them.
        """
        key = self._single, tuple(sources.items())
        helped = self._helped.get(key)
        if helped is None or not helped.alive:
            helped, _ = self._load()
            if key in self._helped:
                self._retire(self._helped[key])
            self._helped[key] = helped
            helped.ask("using", sources=sources)
        helped.begin(**self._beginning)
        own, self._worker = self._worker, helped
        try:
            yield
        finally:
            self._worker = own

    def beside(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of ours as it runs in the worker, the student's names as its first
        argument: for what cannot cross the border, such as a model with its optimizer.

        It is sent as source text, so it must import what it uses. What it returns is made beside
        the student's code, and is no more to be believed than a result of theirs.
        """
        name = f"beside_{function.__name__}"
        source = (
            f"import __main__\n{inspect.getsource(function)}\n"
            f"def {name}(*args, **kwargs):\n"
            f"    return {function.__name__}(__main__, *args, **kwargs)\n"
        )
        self._worker.ask("using", sources={name: source})

        return RemoteFunction(self._worker, name, said=function.__name__)

    def _close(self) -> str:
        """End the workers and return what the submission has printed."""
        for worker in (self._worker, self._other, *self._helped.values()):
            if worker is not None:
                self._retire(worker)
        return self._printed


def _listed(places: list[str]) -> str:
    """Name the first of several places in the notebook, and count the others."""
    shown, more = places[:MOST_PLACES], len(places) - MOST_PLACES
    return "; ".join([*shown, f"+{more}"] if more > 0 else shown)


def _value(names, name):  # type: ignore[no-untyped-def]  # sent as source
    if (value := getattr(names, name)) is ...:
        raise NotImplementedError(f"{name} is still ...")
    return value
