"""Notebooks in a real kernel, on machines where several run at once and every core is busy."""

import os
from collections.abc import Iterable
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

from grader.sandbox.host.isolation import THREADS


def run(book: nbformat.NotebookNode, seconds: int = 60, *, allow_errors: bool = True) -> None:
    """Run a notebook past its errors, or raise CellExecutionError; its outputs are then in it.

    `seconds` are for each cell, and for what it prints to arrive: after four, nbclient would go on
    without it. The kernel has one thread: where cores are busy, two wait for each other, and a cell
    took 15 s instead of 0.2. Its sockets are files in a folder of its own: a free TCP port may have
    been taken before the kernel binds it, and without a folder two kernels share kernel-ipc-1.
    """
    with TemporaryDirectory(prefix="kernel-") as folder:
        sockets = {"transport": "ipc", "ip": f"{folder}/socket"}
        client = NotebookClient(
            book, allow_errors=allow_errors, kernel_name="python3",
            config=Config(KernelManager=sockets), timeout=seconds, iopub_timeout=seconds,
            startup_timeout=seconds,
        )  # fmt: skip
        client.execute(env=os.environ | dict.fromkeys(THREADS, "1"))


def said(outputs: Iterable[nbformat.NotebookNode]) -> str:
    """Return everything in words: what was printed, and displays as text, pictures left out."""
    return "".join(map(_text, outputs))


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return f"{data['text/plain']}\n" if "text/html" in data else ""
