"""Judging again while somebody watches: `grader regrade` as a process of its own."""

import signal
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..report.sanitize import clean
from ..store.store import NAME, Store

MOST_LINES = 200
PATIENCE = 20
"""Seconds that it gets to end in order."""


@dataclass
class Regrading:
    """The last judging again that was asked for here; one at a time."""

    command: Sequence[str]
    """Begins a command of the grader; empty where none can be given."""
    folder: Path
    total: int = 0
    """How many are judged; those who have handed in the same count once."""
    _before: int = 0
    _process: "subprocess.Popen[str] | None" = None
    _said: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, store: Store, students: Sequence[str], question: str) -> bool:
        """Judge these students' submissions again; False while another judging is under way."""
        with self._lock:
            if self.running:
                return False
            entries = filter(None, map(store.entry, students))
            self.total = len({entry.digest for entry in entries})
            self._before = store.now().judgement
            words = [*self.command, "regrade", str(self.folder)]
            words += [word for student in students for word in ("-s", student)]
            words += ["-q", question] if question else []
            self._said = []
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, encoding="utf-8", errors="replace",
            )  # fmt: skip
            self.listener = threading.Thread(
                target=self._listen, args=(self._process,), name="regrade", daemon=True
            )
            self.listener.start()
            return True

    @property
    def running(self) -> bool:
        """Whether a judging is under way."""
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code of the last one, if it has ended."""
        return self._process.poll() if self._process else None

    @property
    def said(self) -> str:
        """What it has said last."""
        return clean("".join(self._said[-MOST_LINES:]))

    def done(self) -> int:
        """Return how many are judged."""
        with Store(self.folder / NAME) as store:
            return min(self.total, store.now().judgement - self._before)

    def close(self) -> None:
        """Interrupt it: what it has judged is kept, even where it must be killed.

        A shell's background job, and so what it starts, ignores interrupts.
        """
        if self._process and self.running:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._said.append(line)
