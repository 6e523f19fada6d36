"""Functions that draw from a torch.Generator, which cannot cross the border: its seed does."""

from typing import Any

import torch

from ..model.message import Message
from ..model.subject import Subject
from .record import note
from .trial import Failure, Function

SEEDS = (1, 2)


def seeded(student: Subject, name: str) -> Function:
    """Return a student's function that takes a seed in the place of its last argument, a generator.

    The generator is made from it beside the student's code, at each call.

    Args:
        student: What the check is given.
        name: The name of a function whose last argument is a torch.Generator.

    Returns:
        A function with the same arguments, but for an integer as the last one.

    Example:
        >>> class Names:  # stands for what a student defines
        ...     beside = lambda self, function: lambda *args: function(self, *args)
        ...     coin = lambda self, n, generator: torch.randint(2, (n,), generator=generator)
        >>> coin = seeded(Names(), "coin")
        >>> torch.equal(coin(20, 7), coin(20, 7)), torch.equal(coin(20, 7), coin(20, 8))
        (True, False)
    """
    ask = student.beside(_seeded)

    def call(*inputs: Any) -> Any:
        return ask(name, *inputs)

    call.__name__ = name
    return call


def uses_generator(student: Subject, name: str, *inputs: Any) -> None:
    """Require that all randomness of a function comes from the generator that it is given.

    Equal seeds give equal results, other seeds others, and the generators that everybody shares are
    left alone: those of torch, numpy and Python.

    Args:
        student: What the check is given.
        name: The name of a function whose last argument is a torch.Generator.
        *inputs: The other arguments, with enough draws that equality is not chance.

    Raises:
        Failure: Says which of these does not hold.

    Example:
        >>> class Names:  # stands for what a student defines
        ...     beside = lambda self, function: lambda *args: function(self, *args)
        ...     good = lambda self, n, generator: torch.rand(n, generator=generator)
        ...     bad = lambda self, n, generator: torch.rand(n)
        >>> uses_generator(Names(), "good", 9)
        >>> uses_generator(Names(), "bad", 9)
        Traceback (most recent call last):
            ...
        Failure: It draws from a generator that everybody shares, and not from the one it is given.
    """
    shared, repeats, differs = (
        bool(x) for x in student.beside(_thrice)(name, list(SEEDS), *inputs)
    )
    note([torch.tensor([float(shared), float(repeats), float(differs)])])
    if shared:
        raise Failure(
            Message(
                "It draws from a generator that everybody shares, and not from the one it is given."
            )
        )
    if not repeats:
        raise Failure(Message("Equal seeds give different results, so nobody can repeat them."))
    if not differs:
        raise Failure(
            Message("Another seed gives the same result: nothing comes from the generator.")
        )


def _seeded(student, name, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    import torch

    *others, seed = inputs
    return getattr(student, name)(*others, torch.Generator().manual_seed(seed))


def _thrice(student, name, seeds, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    import random
    from typing import Any

    import numpy as np
    import torch

    def states() -> list[object]:
        numpys: Any = np.random.get_state()
        torchs = torch.get_rng_state().numpy().tobytes()
        return [torchs, numpys[1].tobytes(), *numpys[2:], random.getstate()]

    def drawn(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.as_tensor(getattr(student, name)(*inputs, generator))

    before, (one, other) = states(), seeds
    first, again, another = drawn(one), drawn(one), drawn(other)
    same = [a.shape == first.shape and bool((a == first).all()) for a in (again, another)]
    return before != states(), same[0], not same[1]
