"""How many graphs a loop keeps alive: what a running sum of losses costs in memory."""

import textwrap
from collections.abc import Callable
from typing import Any

from ..model.subject import Subject
from ..sandbox.host import source


def live_graphs(student: Subject, loop: Callable[..., Any], *inputs: Any) -> tuple[Any, list[int]]:
    """Call a loop beside the student's code, and count the graphs that are alive at the same time.

    `loop` is a function for `student.beside`, with a second argument, `mark`. What the loop passes
    through ``mark(tensor)`` comes back with a mark in its graph, which lives as long as the graph
    does: after `backward()` as well, which frees what was saved for it and nothing else.

    Args:
        student: What the check is given.
        loop: Is called as ``loop(student, mark, *inputs)``. To mark whatever a model returns,
            register ``lambda module, args, out: mark(out)`` as a forward hook.
        *inputs: Whatever can be sent: tensors, numbers, texts, and lists, tuples and dicts of them.

    Returns:
        What the loop returns; and for each mark, how many of the graphs marked before were alive.

    Raises:
        StudentError: What the code raises.

    Example:
        >>> def three_losses(student, mark, x):
        ...     x.requires_grad_()
        ...     return len([mark(x.square()) for _ in range(3)])  # the list keeps all of them
        >>> live_graphs(student, three_losses, torch.ones(2))
        (3, [0, 1, 2])
    """
    sent = textwrap.dedent(source.text(loop))
    returned, alive = student.beside(_marked)(sent, loop.__name__, *inputs)
    return returned, alive


def _marked(student, source, name, *inputs):  # type: ignore[no-untyped-def]  # sent as source
    import gc
    import weakref

    import torch

    class Token:
        """Is gone when the graph is."""

    class Mark(torch.autograd.Function):
        """Changes nothing; its node keeps the token."""

        @staticmethod
        def forward(ctx, tensor, token):  # type: ignore[no-untyped-def]
            ctx.token = token
            return tensor.view_as(tensor)

        @staticmethod
        def backward(ctx, gradient):  # type: ignore[no-untyped-def]
            return gradient, None

    tokens: weakref.WeakSet[Token] = weakref.WeakSet()
    alive: list[int] = []

    def mark(tensor):  # type: ignore[no-untyped-def]
        if len(tokens) > 1:
            gc.collect()  # a graph in a cycle is not kept, it waits
        alive.append(len(tokens))
        token = Token()
        tokens.add(token)
        return Mark.apply(tensor, token)  # type: ignore[no-untyped-call]

    names: dict[str, object] = {}
    exec(source, names)
    return names[name](student, mark, *inputs), alive  # type: ignore[operator]
