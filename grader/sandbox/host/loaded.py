"""A submission that has been loaded: what it defines, and the workers in which it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import torch

from ...model.code import Code
from ...model.errors import GraderError
from ...model.limits import Limits, StudentError
from ...model.message import Message, Text, joined, said
from ...model.subject import Beginning
from .budget import Budget
from .reply import of_notebook
from .sandbox import OUTPUT_BYTES, Sandbox
from .zygote import Zygote

MOST_NOTES, MOST_TRIED, MOST_PLACES = 100, 3, 5
DYNAMIC = Message(
    "It defines names at run time, so all of its cells were run, and not only those that count."
)
TRIED = Message("Run because it may change what your answers need, and stopped: {problem}")
NOT_TRIED = Message(
    "What only may change something that your answers need was not run, for with it your notebook "
    "did not end in time: {error}"
)
NOT_RUN = Message("Not run, though something there could change what your answers need: {places}")


class Unreadable(GraderError):
    """The submission is not a notebook; the message tells the student what it is instead."""


class Loaded:
    """A notebook of which everything that counts has been run. Use it as a context manager."""

    def __init__(
        self, zygote: Zygote, data: bytes, names: tuple[str, ...], limits: Limits,
        values: tuple[str, ...] = (), classes: tuple[str, ...] = (), *, whole: bool = False,
        forbids: bool = False, budget: Budget | None = None,
    ) -> None:  # fmt: skip
        """Read and run what counts of the notebook `data` for `names`, or the `whole` of it.

        Those in `values` may stand for values, which are sent here when a check looks at them.
        What is called by those in `classes` makes modules, be it a class, a partial or a function.
        `forbids` says that some question forbids names of torch. What is run spends of a `budget`,
        or has one of its own.

        Raises Unreadable, StudentError (its code ends the process or exceeds a limit while it is
        loaded) and SandboxError.
        """
        self._zygote, self._names, self._limits = zygote, names, limits
        self._budget, self._forbids = budget or Budget(limits), forbids
        self.values = values
        self.data = (
            torch.frombuffer(bytearray(data), dtype=torch.uint8)
            if data
            else torch.empty(0, dtype=torch.uint8)
        )
        self._run = "whole" if whole else "needed"
        self._beginning = Beginning()
        self._helped: dict[tuple[bool, tuple[tuple[str, str], ...]], Sandbox] = {}
        self._printed = ""
        self.notes: list[Text] = []
        """What is to be said to the student of how the notebook was read."""
        self.worker, loaded = self._load_safely()
        """The worker that runs the present check."""
        missing = set(names) - set(loaded["defined"])
        if missing and (loaded["problems"] or loaded["dynamic"]) and not whole:
            loaded = self._prefer_whole(loaded)
        self._workers = {False: self.worker}
        """The worker where torch makes float64 and, if need be, the one where it makes float32."""
        # what a newer Python reads may well define them
        if loaded["instead"] and not loaded["defined"] and not loaded["newer"]:
            self._retire(self.worker)
            raise Unreadable(loaded["instead"])
        made = {name: "module" for name in classes if loaded["defined"].get(name) == "function"}
        self.defined: dict[str, str] = loaded["defined"] | made
        """Of each name that it defines, what that is: "function", "module" or "value"."""
        self.near: dict[str, str] = loaded["near"]
        """For names that are not defined, one that is and differs by a letter."""
        self.problems: list[tuple[Text, str]] = loaded["problems"]
        """What was raised while it was loaded: in a line, and the traceback."""
        self.uses: dict[str, list[str]] = loaded["uses"]
        """For each name that it defines, the names of torch in its code."""
        self.code: dict[str, Code] = loaded["code"]
        """For each name that it defines, how."""
        self.left_out: list[Text] = loaded["left_out"]
        """Places in the notebook that were not run, and could matter."""
        self._chosen: list[int] = loaded["chosen"]
        raised = [headline for headline, _ in self.problems]
        tried = [TRIED.format(problem=problem) for problem in loaded["tried"][:MOST_TRIED]]
        notes = [*loaded["notes"], *raised, *tried]
        self.notes += notes[:MOST_NOTES]  # a worker sends no more, but what it became might
        if self.left_out:
            self.notes.append(NOT_RUN.format(places=_listed(self.left_out)))

    def _load(self) -> tuple[Sandbox, dict[str, Any]]:
        """Open a worker and have it run what counts of the submission."""
        names = list(self._names)
        worker, answer = self._ask("load", names=names, run=self._run)
        loaded = of_notebook(answer, self._names)
        if loaded["unreadable"]:
            self._retire(worker)
            raise Unreadable(loaded["unreadable"])
        return worker, loaded

    def _another(self, single: bool) -> Sandbox:
        """Open one more worker and have it run the same, where float32 is the default or not.

        Which statements these are is what the first has said: they are the submission's own.
        """
        worker, _ = self._ask("reload", chosen=self._chosen, single=single)
        return worker

    def _ask(self, do: str, **request: Any) -> tuple[Sandbox, Any]:
        """Open a worker and hand it the submission; return also what it answers."""
        self._budget.allow(self._limits.seconds)
        worker = self._zygote.open(self._limits, self._budget)
        try:
            return worker, worker.ask(do, data=self.data, forbids=self._forbids, **request)
        except BaseException:
            self._retire(worker)
            raise

    def _load_safely(self) -> tuple[Sandbox, dict[str, Any]]:
        """Load; if that ends the worker, do without what is not surely needed."""
        try:
            return self._load()
        except StudentError as error:
            if self._run == "whole":
                raise
            self._run, why = "sure", said(error)
            worker, loaded = self._load()
            if not loaded["ran"]:
                self._retire(worker)
                raise
            self.notes.append(NOT_TRIED.format(error=why))
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
        self._retire(self.worker)
        self.worker = worker
        self.notes.append(DYNAMIC)
        return loaded

    def _retire(self, worker: Sandbox) -> None:
        with worker:
            self._printed = (self._printed + worker.printed())[:OUTPUT_BYTES]

    def begin(self, beginning: Beginning) -> None:
        """Start a check: forget the last one's calls, and replace a worker that has died."""
        worker = self._workers.get(beginning.single)
        if worker is None or not worker.alive:
            fresh = self._another(beginning.single)
            if worker is not None:
                self._retire(worker)
            worker = self._workers[beginning.single] = fresh
        self._beginning, self.worker = beginning, worker
        _begin(worker, beginning)

    @contextmanager
    def helped(self, sources: dict[str, str]) -> Iterator[None]:
        """Work for a while in a worker where names have these sources as stand-ins.

        It is one of its own: in the first worker, code that is judged later could find them on the
        heap and answer with them.
        """
        key = self._beginning.single, tuple(sources.items())
        helped = self._helped.get(key)
        if helped is None or not helped.alive:
            helped = self._another(self._beginning.single)
            if key in self._helped:
                self._retire(self._helped[key])
            self._helped[key] = helped
            helped.use(**sources)
        _begin(helped, self._beginning)
        own, self.worker = self.worker, helped
        try:
            yield
        finally:
            self.worker = own

    def close(self) -> str:
        """End the workers and return what the submission has printed."""
        for worker in (*self._workers.values(), *self._helped.values()):
            self._retire(worker)
        self._workers, self._helped = {}, {}
        return self._printed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _begin(worker: Sandbox, beginning: Beginning) -> None:
    """Have a worker start afresh."""
    worker.seconds = beginning.seconds or worker.limits.seconds
    worker.begin(seed=beginning.seed, forbid=list(beginning.forbid), single=beginning.single)


def _listed(places: list[Text]) -> Text:
    """Name the first of several places in the notebook, and count the others."""
    shown, more = places[:MOST_PLACES], len(places) - MOST_PLACES
    return joined("; ", [*shown, f"+{more}"] if more > 0 else shown)
