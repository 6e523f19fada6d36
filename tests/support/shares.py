"""How tests are shared out to the processes of pytest-xdist.

What a fixture of a file has built is built once: these files go to one process each. Of the others,
each test goes alone with its parameters to whoever comes free, so that nobody waits at the end.
"""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


class Shares(LoadScopeScheduling):
    """A scheduler of pytest-xdist: files with fixtures of their own first, then everything else."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if builds(self.config.rootpath / file) else nodeid.partition("[")[0]

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Note it; forget what is complete, else each note would look through all of it."""
        super().mark_test_complete(node, item_index, duration)
        done = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][done].values()):
            del self.assigned_work[node][done]


@cache
def builds(path: Path) -> bool:
    """Whether a file of tests has a fixture that several of them share."""
    return 'scope="module"' in path.read_text("utf-8")
