"""How tests are shared out to the processes of pytest-xdist.

What a fixture of a file has built is built once: these files go to one process each, and those that
need the same dear fixtures of the session all to the same one. Of the others, each test goes alone
with its parameters to whoever comes free, so that nobody waits at the end.
"""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

DEAR = ("each", "training_zygote")
"""Fixtures of the session: three more zygotes, and one with warm optimizers; 2 s each."""


class Shares(LoadScopeScheduling):
    """A scheduler of pytest-xdist: files with fixtures of their own first, then everything else."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        path = self.config.rootpath / file
        return dear(path) or (file if builds(path) else nodeid.partition("[")[0])

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Note it; forget what is complete, else each note would look through all of it."""
        super().mark_test_complete(node, item_index, duration)
        done = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][done].values()):
            del self.assigned_work[node][done]


@cache
def dear(path: Path) -> str:
    """Return the dear fixture that a file of tests needs, if it does."""
    text = path.read_text("utf-8") if "autograder_tests" not in path.parts else ""
    needed = (name for name in DEAR if re.search(rf"(?m)^def \w+\([^)]*\b{name}\b", text))
    return next(needed, "")


@cache
def builds(path: Path) -> bool:
    """Whether a file of tests has a fixture that several of them share."""
    return 'scope="module"' in path.read_text("utf-8")
