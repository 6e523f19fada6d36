"""A student's module, whose parameters are here and whose forward runs there; and a function."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self, cast

from torch import Tensor, nn

from ...model.limits import StudentError
from ...model.message import Message
from ..guest import packing
from .call import Call, Foreseen, make_calls
from .sandbox import Sandbox

MOST_PARENTS = 32
"""Modules in which a parameter may lie; torch walks the tree by recursion."""
MOST_MODULES = 2048
"""Modules that hold the parameters of one; 4,000 parameters in trees of their own made 120,000."""
MOST_LETTERS = 200
"""Letters in the name of a parameter."""
HOLDERS = ("_parameters", "_modules")
"""Where torch keeps a module's parameters and parts."""
PLAIN = (int, float, str, type(None))


class RemoteModule(nn.Module):
    """The student's nn.Module: its parameters and buffers live here, its forward runs there.

    It is made there at once, and an error of its constructor is raised here. But one like another
    that was made before is put off. If it has no parameters, or is given those that it shall have
    (`adopt`), it is made along with its first call: it costs no message of its own.
    """

    handed_in = True
    """Its parameters have the names that its author has given them."""

    def __init__(
        self, worker: Sandbox, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        super().__init__()
        self._worker, self.__name__ = worker, name
        self._recipe = {"name": name, "args": args, "kwargs": kwargs}
        self._number: int | None = None
        self._there: dict[str, bytes] = {}
        """The numbers that the worker has, to tell what it must be sent."""
        self._places: dict[str, tuple[dict[str, Any], str]] = {}
        """Where each parameter and buffer lies; `named_parameters` walks all, at 60 µs a call."""
        worker.catch_up()  # what is random there happens in the order of the check
        self._spelled = _spelled(self._recipe)
        self._known = worker.known.get(self._spelled)
        if self._known is None:
            self._construct()
            return
        worker.pending = self._make
        if self._known:
            for holder in HOLDERS:
                del self.__dict__[holder]

    def __getattr__(self, name: str) -> Any:
        return getattr(self, name) if self._be_made() else super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Parameter | nn.Module):
            self._be_made()
        super().__setattr__(name, value)

    def _be_made(self) -> bool:
        """Have it made if it is put off, and its parameters are unknown here; tell whether so."""
        put_off = "_known" in self.__dict__ and HOLDERS[0] not in self.__dict__
        if put_off:
            self._make()
        return put_off

    def _make(self) -> None:
        """Have it made after all."""
        self._claim()
        self._construct()

    def _claim(self) -> None:
        """No longer put it off. Raises StudentError where it was for an earlier check."""
        if self._worker.pending != self._make:
            said = Message("this `{name}` is of an earlier check", name=self.__name__)
            raise StudentError(said, "IndexError")
        self._worker.pending = None

    def _construct(self) -> None:
        """Have it made, and hold the parameters and buffers that it has."""
        made = self._worker.ask("construct", **self._recipe)
        self._number = made["id"]
        parameters, learns, buffers = made["parameters"], made["learns"], made["buffers"]
        if not self._places:  # else it has adopted those that it shall have
            self._hold(parameters, learns, buffers)
        elif _shapes(parameters) != self._known:
            raise self._unlike()
        self._there = {n: packing.numbers(t) for n, t in (*parameters.items(), *buffers.items())}
        if self._spelled and not buffers and all(learns.values()):
            self._worker.known[self._spelled] = _shapes(parameters)

    def adopt(self, parameters: Mapping[str, Tensor]) -> bool:
        """Have it made with copies of these parameters; False where that is not known to fit."""
        if self._number is not None or _shapes(parameters) != self._known:
            return False
        copies = {name: tensor.detach().clone() for name, tensor in parameters.items()}
        self._hold(copies, dict.fromkeys(copies, True), {})
        return True

    def _hold(
        self, parameters: dict[str, Tensor], learns: dict[str, bool], buffers: dict[str, Tensor]
    ) -> None:
        """Register parameters and buffers where their names say. Raises StudentError."""
        self.__dict__.update({holder: {} for holder in HOLDERS})
        self._parts = 0
        try:
            for path, value in parameters.items():
                learning = learns.get(path, False) and value.is_floating_point()
                owner, leaf = self._owner(path)
                owner.register_parameter(leaf, nn.Parameter(value, requires_grad=learning))
                self._places[path] = owner._parameters, leaf
            for path, value in buffers.items():
                owner, leaf = self._owner(path)
                owner.register_buffer(leaf, value)
                self._places[path] = owner._buffers, leaf
        except (KeyError, AttributeError) as error:
            said = Message(
                "`{name}` has a parameter that cannot be held: {error}",
                name=self.__name__, error=error,
            )  # fmt: skip
            raise StudentError(said) from None
        if not self.training:
            self.eval()

    def _owner(self, path: str) -> tuple[nn.Module, str]:
        """Return the submodule that holds `path`, made on the way, and its name there."""
        *parents, leaf = path.split(".")
        if len(parents) > MOST_PARENTS:  # 100,000 cost the judge 80 s
            raise AttributeError(Message("it lies in {n} modules", n=len(parents)))
        if len(path) > MOST_LETTERS:
            raise AttributeError(Message("its name has {n} letters", n=len(path)))
        owner: nn.Module = self
        for parent in parents:
            if parent not in owner._modules:
                self._parts += 1
                if self._parts > MOST_MODULES:
                    raise AttributeError(Message("there are more than {n} modules", n=MOST_MODULES))
                owner.add_module(parent, nn.Module())
            owner = cast(nn.Module, owner._modules[parent])
        return owner, leaf

    def train(self, mode: bool = True) -> Self:
        """Set the mode in which it is called. That alone does not have it made."""
        if HOLDERS[0] in self.__dict__:
            return super().train(mode)
        self.training = mode
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's module with the parameters and buffers that it has here."""
        return self.call_each([(args, kwargs)])[0]

    def call_each(self, calls: Sequence[Call], foreseen: Foreseen | None = None) -> list[Any]:
        """Call it several times, with one message for all; see call.Batched."""
        self._be_made()  # gradients are for its parameters, too
        held = {path: place.get(leaf) for path, (place, leaf) in self._places.items()}
        state = {path: tensor for path, tensor in held.items() if tensor is not None}
        return make_calls(self._worker, self._send, state, self._there, calls, foreseen)

    def _send(self, **request: Any) -> dict[str, Any]:
        """Ask for a call of it; if its making was put off, for both."""
        ask = partial(self._worker.ask, "call", training=self.training, **request)
        if self._number is not None:
            return ask(target=self._number)  # type: ignore[no-any-return]
        self._claim()
        try:
            answer: dict[str, Any] = ask(target=self._recipe)
        except StudentError:  # it may be there, but is not known here: another call makes another
            self._worker.pending = self._make
            raise
        self._number = answer["module"]
        if answer["shapes"] != self._known:
            raise self._unlike()
        return answer

    def _unlike(self) -> StudentError:
        return StudentError(
            Message("`{name}` has other parameters each time it is made", name=self.__name__)
        )


def _spelled(recipe: Mapping[str, Any]) -> str:
    """Write down how a module is made, if that can be written; otherwise return nothing."""
    values = (*recipe["args"], *recipe["kwargs"].values())
    return repr(recipe) if all([isinstance(value, PLAIN) for value in values]) else ""


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, list[int]]:
    return {name: list(tensor.shape) for name, tensor in tensors.items()}


class RemoteFunction:
    """A function of the student's, called in the sandbox."""

    def __init__(self, worker: Sandbox, name: str, said: str = "") -> None:
        self._worker, self.__name__ = worker, said or name
        self._send = partial(worker.ask, "call", target=name, training=True)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return self.call_each([(args, kwargs)])[0]

    def call_each(self, calls: Sequence[Call], foreseen: Foreseen | None = None) -> list[Any]:
        """Call it several times, with one message for all; see call.Batched."""
        return make_calls(self._worker, self._send, {}, {}, calls, foreseen)
