"""The arrangements of layers that tests try, and how to run a few lines in a worker.

Imported, not collected: conftest.py starts one zygote per arrangement for all tests.
"""

import ast
import errno
import io
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.model.limits import Limits
from grader.sandbox.guest import landlock
from grader.sandbox.guest.layer import Layer
from grader.sandbox.host.sandbox import Sandbox
from grader.sandbox.host.zygote import Zygote

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="grading runs on Linux")

Layers = tuple[Layer, ...]
NAMESPACES: Layers = (Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP)
DOCKER: Layers = (Layer.LANDLOCK, Layer.SECCOMP)
ROOT: Layers = (Layer.USER, Layer.LANDLOCK, Layer.SECCOMP)
ARRANGEMENTS = (NAMESPACES, DOCKER, ROOT)
UNSAFE: Layers = (Layer.SECCOMP,)
"""Below the floor: it shows that an attack works where the wall against it is missing."""


def missing(layers: Layers) -> str:
    """Say why this machine cannot enact `layers`; "" if it can."""
    if Layer.NAMESPACES in layers and not _bubblewrap_works():
        return "no bubblewrap, or no user namespaces"
    if Layer.LANDLOCK in layers and not landlock.version():
        return "no landlock in this kernel"
    return "only root can change the user" if Layer.USER in layers and os.geteuid() else ""


def best() -> Layers:
    """Return the first arrangement that this machine can enact."""
    return next((layers for layers in ARRANGEMENTS if not missing(layers)), NAMESPACES)


@cache
def _bubblewrap_works() -> bool:
    if not (bwrap := shutil.which("bwrap")):
        return False
    command = [bwrap, "--unshare-all", "--ro-bind", "/", "/", "true"]
    return subprocess.run(command, capture_output=True).returncode == 0


@contextmanager
def running(zygote: Zygote, source: str, limits: Limits | None = None) -> Iterator[Sandbox]:
    """Open a worker that has run the whole of a script."""
    functions = [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    with zygote.open(limits or Limits()) as worker:
        load(worker, source, functions)
        yield worker


def load(worker: Sandbox, source: str, names: list[str]) -> dict[str, Any]:
    """Have a worker run the whole of a script."""
    data = torch.frombuffer(bytearray(source.encode()), dtype=torch.uint8)
    loaded: dict[str, Any] = worker.ask("load", data=data, names=names, run="whole")
    assert loaded["problems"] == []
    return loaded


def call(worker: Sandbox, name: str, *args: Any) -> Any:
    """Call a function of the script; return its result."""
    needs_grad = [False] * sum(isinstance(a, torch.Tensor) for a in args)
    return ask_for_call(worker, name, *args, needs_grad=needs_grad)["result"]


def ask_for_call(
    worker: Sandbox, target: str | int, *args: Any, needs_grad: Sequence[bool] = (True,),
    cotangents: Sequence[torch.Tensor | None] = (),
    state: Mapping[str, torch.Tensor] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Ask for one call; return all that is answered to it."""
    request = {
        "args": args, "kwargs": {}, "needs_grad": list(needs_grad), "cotangents": list(cotangents)
    }  # fmt: skip
    group = {"target": target, "training": True, "state": state or {}, "calls": [request]}
    ((called,),) = worker.ask("call", groups=[group])
    return called


def family(pid: int) -> set[int]:
    """Return a process and all that descend from it."""
    pids = {pid}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pids |= family(int(child))
    return pids


def _read(memory: io.FileIO, start: int, end: int) -> bytes:
    """Read a range of a process's memory; a page beyond the end of a mapped file is left out."""
    try:
        memory.seek(start)
        return memory.read(end - start)
    except OSError as error:
        page = resource.getpagesize()
        if error.errno != errno.EIO or end - start <= page:
            if error.errno == errno.EIO:
                return b""
            raise
        return b"".join(_read(memory, at, at + page) for at in range(start, end, page))


def holds(pid: int, secret: bytes) -> bool:
    """Whether a process has `secret` anywhere in the memory that it could write.

    Skips the test where this user may not look.
    """
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                addresses, rights, *_ = line.split()
                start, end = (int(address, 16) for address in addresses.split("-"))
                if rights.startswith("rw") and secret in _read(memory, start, end):
                    return True
    except PermissionError as error:
        pytest.skip(f"only root may read the memory of a process that is not dumpable: {error}")
    return False
