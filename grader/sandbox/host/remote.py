"""A student's module, whose parameters are here and whose forward runs there; and a function."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from torch import Tensor, nn

from ...model.limits import StudentError
from ...model.message import Message
from ..guest import values
from .call import Remote, Target, call_together
from .construction import Construction, Stage, shapes_of
from .sandbox import Sandbox

MOST_PARENTS = 32
"""Modules in which a parameter may lie; torch walks the tree by recursion."""
MOST_MODULES = 2048
"""Modules that hold the parameters of one; 4,000 parameters in trees of their own made 120,000."""
MOST_LETTERS = 200
"""Letters in the name of a parameter."""


class RemoteClass:
    """A student's class of nn.Module, whose instances are remote modules."""

    def __init__(self, worker: Sandbox, name: str) -> None:
        self._worker, self.__name__ = worker, name

    def __call__(self, *args: Any, **kwargs: Any) -> "RemoteModule":
        """Construct one. Raises what its constructor raises, unless one like it was made before."""
        return self.construct_each([(args, kwargs)])[0]

    def construct_each(
        self, each: Sequence[tuple[tuple[Any, ...], Mapping[str, Any]]]
    ) -> list["RemoteModule"]:
        """Construct several, with one message for all those of which none is known yet."""
        constructions = self._worker.constructions
        made = [constructions.add(self.__name__, args, dict(kwargs)) for args, kwargs in each]
        if any(construction.shapes is None for construction in made):
            try:
                self._worker.ask("construct")
            except BaseException:
                constructions.drop(made)
                raise
        return [RemoteModule(self._worker, construction) for construction in made]


def _held(place: str) -> Any:
    """Return where torch looks for what a module has: whoever looks there gets it constructed."""

    def get(module: "RemoteModule") -> dict[str, Any]:
        module.hold()
        return vars(module)[place]  # type: ignore[no-any-return]

    def put(module: "RemoteModule", value: dict[str, Any]) -> None:
        vars(module)[place] = value

    return property(get, put)


class RemoteModule(nn.Module, Remote):
    """The student's nn.Module: its parameters and buffers live here, its forward runs there.

    What it is there, its Construction says. Here it holds its parameters once somebody looks at
    them or calls it, or has been given those that it shall have (`adopt_parameters`).
    """

    handed_in = True
    """Its parameters have the names that its author has given them."""
    _parameters = _held("_parameters")
    _buffers = _held("_buffers")
    _modules = _held("_modules")

    def __init__(self, worker: Sandbox, construction: Construction) -> None:
        self._is_held = True  # nothing, while torch sets it up
        super().__init__()
        self._worker, self._construction, self.__name__ = worker, construction, construction.name
        self._there: dict[str, bytes] = {}
        """The numbers that the worker has, to tell what it must be sent."""
        self.unsized: list[str] = []
        """Names of parameters that get a shape with the first call, as in nn.LazyLinear."""
        self._places: dict[str, tuple[dict[str, Any], str]] = {}
        """Where each parameter and buffer lies; `named_parameters` walks all, at 60 µs a call."""
        self._is_held = construction.shapes == {}
        """Whether its parameters and buffers are here."""
        if construction.shapes is None:
            self.hold()  # if they cannot be held, that is an error of the constructor

    def __getattr__(self, name: str) -> Any:
        if not vars(self).get("_is_held", True):
            self.hold()
            return getattr(self, name)
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Parameter | nn.Module):
            self.hold()
        super().__setattr__(name, value)

    def hold(self) -> None:
        """Hold the parameters and buffers that it has there. Raises StudentError."""
        if self._is_held:
            return
        self._construction.require()
        if self._construction.stage is Stage.WAITING:
            self._worker.ask("construct")
        made = self._construction.answer
        parameters, buffers = made["parameters"], made["buffers"]
        self.unsized = [name for name in made["learns"] if name not in parameters]
        self._hold(parameters, made["learns"], buffers)
        self._there = {n: values.numbers(t) for n, t in (*parameters.items(), *buffers.items())}

    def adopt_parameters(self, parameters: Mapping[str, Tensor]) -> bool:
        """Hold copies of these as its own; False where that is not known to fit."""
        if self._is_held or shapes_of(parameters) != self._construction.shapes:
            return False
        copies = {name: tensor.detach().clone() for name, tensor in parameters.items()}
        self._construction.wanted = False
        self._hold(copies, dict.fromkeys(copies, True), {})
        return True

    def _hold(
        self, parameters: dict[str, Tensor], learns: dict[str, bool], buffers: dict[str, Tensor]
    ) -> None:
        """Register parameters and buffers where their names say. Raises StudentError."""
        self._is_held, self._parts = True, 0
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
        """Set the mode in which it is called. That alone does not have it constructed."""
        if self._is_held:
            return super().train(mode)
        self.training = mode
        return self

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the student's module with the parameters and buffers that it has here."""
        return call_together([(self, (args, kwargs))])[0]

    @property
    def remote_worker(self) -> Sandbox:
        """The worker that has it, or will."""
        return self._worker

    def remote_target(self) -> Target:
        """Return its number, and what it holds: gradients are for its parameters as well."""
        self._construction.require()
        self.hold()
        held = {path: place.get(leaf) for path, (place, leaf) in self._places.items()}
        state = {path: tensor for path, tensor in held.items() if tensor is not None}
        return Target(self._construction.number, self.training, state, self._there)


class RemoteFunction(Remote):
    """A function of the student's, called in the sandbox."""

    def __init__(self, worker: Sandbox, name: str, said: str = "") -> None:
        self._worker, self._target, self.__name__ = worker, Target(name), said or name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        return call_together([(self, (args, kwargs))])[0]

    @property
    def remote_worker(self) -> Sandbox:
        """The worker that has it."""
        return self._worker

    def remote_target(self) -> Target:
        """Return its name."""
        return self._target
