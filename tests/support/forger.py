"""Stands at the end of a notebook of fuzz.py, in the worker: half of what it sends is made odd."""

# ruff: noqa: F821
import random
import sys

import torch

CHANCE = random.Random(CASE)
NUMBERS = (
    0,
    -1,
    1,
    2,
    63,
    2**31,
    2**63,
    -(2**63),
    2**64 - 1,
    0.5,
    float("nan"),
    float("inf"),
    True,
)
TEXTS = (
    "", "double", "a.b", "..", "forward", "__class__", "_worker", "training", "x" * 9000,
    "\0\x1b[2J", "<script>", "=1+1", "\u202e", "{0}", "%s", "code cell 1", "Forbidden",
    "MemoryError", "module",
)  # fmt: skip


def odd(value):
    """Return another value, of the same type or not."""
    numbers = torch.ones([CHANCE.choice((0, 1, 2, 3)) for _ in range(CHANCE.randrange(4))])
    dtype = CHANCE.choice((torch.float64, torch.int64, torch.bool, torch.complex128, torch.half))
    others = (
        None, CHANCE.choice(NUMBERS), CHANCE.choice(TEXTS), b"\xff", numbers.to(dtype), [], {}, (),
        numbers * CHANCE.choice((float("nan"), float("inf"), 1e308)),
    )  # fmt: skip
    same = [other for other in others if type(other) is type(value)]
    return CHANCE.choice(same if same and CHANCE.random() < 0.7 else others)


def changed(value, rate):
    """Return a value with some of what is in it odd."""
    if CHANCE.random() < rate:
        return odd(value)
    if isinstance(value, dict):
        rows = [
            (k if CHANCE.random() > rate / 4 else odd(k), changed(v, rate))
            for k, v in value.items()
        ]
        return {
            k: v
            for k, v in rows
            if isinstance(k, (str, int, float, bytes)) and CHANCE.random() > rate / 4
        }
    if isinstance(value, (list, tuple)):
        items = [changed(item, rate) for item in value] * CHANCE.choice((1, 1, 1, 0, 2, 50))
        return type(value)(items)
    return value


if wire := sys.modules.get("grader.sandbox.guest.wire"):
    sending = wire.send

    def forged(sock, message, *rest):
        if CHANCE.random() < 0.5:
            for kind in message.keys() - {"number"}:
                message[kind] = changed(message[kind], CHANCE.choice((0.02, 0.1, 0.3)))
        sending(sock, message, *rest)

    wire.send = forged

double = double  # so that this is taken
double.forged = wire
