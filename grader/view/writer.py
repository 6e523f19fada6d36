"""Brings the folder's files up to date a moment after decisions, which the store has at once."""

import threading
from pathlib import Path

from ..model.errors import GraderError
from ..model.message import Text, said
from ..report.export import Export
from ..store.history import mark
from ..store.store import NAME, Store

SECONDS = 1.5
"""Of rest after the last decision: making the class's page must not slow down the next one."""


class Writer:
    """A thread that writes pages and tables. `close` waits for what is not written yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._asked, self._closing, self._due = threading.Event(), threading.Event(), False
        self._doubt = True
        """Whether to look at every file, as at first, and not only at those of changed students."""
        self.problem: Text = ""
        """Why the files are not up to date."""
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have everything written that has changed."""
        self._due = True
        self._asked.set()

    def close(self) -> None:
        """Write what is left and end."""
        self._closing.set()
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            while self._asked.is_set() and not self._closing.is_set():
                self._asked.clear()
                self._closing.wait(SECONDS)
            if self._due:
                self._due = False
                self._write()
            if self._closing.is_set():
                return

    def _write(self) -> None:
        try:
            with Store(self._folder / NAME) as store:
                mark(store)
                Export(store, self._folder).write(None if self._doubt else ())
            self.problem, self._doubt = "", False
        except GraderError as error:
            self.problem, self._due, self._doubt = said(error), True, True
        except OSError as error:
            self.problem, self._due, self._doubt = f"{error}", True, True
