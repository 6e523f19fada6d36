"""Which commands need Linux, and what is said of them on another system."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

from ..model.errors import GraderError
from ..model.message import Message

NAMES = {"win32": "Windows", "darwin": "macOS"}
P = ParamSpec("P")
R = TypeVar("R")


def needs_linux(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command that opens submissions in the sandbox end with a sentence where there is none.

    Raises GraderError on another system than Linux.
    """

    @wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        if sys.platform != "linux":
            raise GraderError(
                Message(
                    "`grader {command}` needs Linux, whose kernel keeps submissions locked in, "
                    "and this is {system}: run it in WSL 2 or in a container (docs/docker.md). "
                    "What opens no submission works here: new, build, check, translate, release, "
                    "handout, merge, override, gradebook, feedback.",
                    command=click.get_current_context().command_path.partition(" ")[2],
                    system=NAMES.get(sys.platform, sys.platform),
                )
            )
        return command(*arguments, **options)

    return run


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
