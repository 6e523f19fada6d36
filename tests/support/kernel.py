"""Notebooks in a real kernel, on machines where several run at once and every core is busy."""

import os
from collections.abc import Iterable
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import v4
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
        _client(book, folder, seconds, allow_errors).execute(env=_environment())


class Kernel:
    """A kernel for several notebooks, as a start takes 1 to 3 s; each finds no names."""

    def __enter__(self) -> "Kernel":
        self._folder = TemporaryDirectory(prefix="kernel-")
        self._first = _client(v4.new_notebook(), self._folder.name)
        self._first.execute(env=_environment(), cleanup_kc=False)
        return self

    def run(self, book: nbformat.NotebookNode) -> None:
        """Run a notebook past its errors; its outputs are then in it."""
        for one in (v4.new_notebook(cells=[v4.new_code_cell("%reset -f")]), book):
            client = _client(one, self._folder.name, km=self._first.km)
            client.kc = self._first.kc
            client.execute()

    def __exit__(self, *_: object) -> None:
        self._first._cleanup_kernel()
        self._folder.cleanup()


def _client(
    book: nbformat.NotebookNode, folder: str, seconds: int = 60, allow_errors: bool = True,
    km: Any = None,
) -> NotebookClient:  # fmt: skip
    sockets = {"transport": "ipc", "ip": f"{folder}/socket"}
    return NotebookClient(
        book, km, allow_errors=allow_errors, kernel_name="python3",
        config=Config(KernelManager=sockets), timeout=seconds, iopub_timeout=seconds,
        startup_timeout=seconds, shutdown_kernel="immediate",
    )  # fmt: skip


def _environment() -> dict[str, str]:
    return os.environ | dict.fromkeys(THREADS, "1")


def said(outputs: Iterable[nbformat.NotebookNode]) -> str:
    """Return everything in words: what was printed, and displays as text, pictures left out."""
    return "".join(map(_text, outputs))


def _text(output: nbformat.NotebookNode) -> str:
    if output.output_type == "stream":
        return output.text
    data = output.get("data", {})
    return f"{data['text/plain']}\n" if "text/html" in data else ""
