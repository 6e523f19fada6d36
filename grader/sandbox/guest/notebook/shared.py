"""What several names may stand for together."""

from collections import defaultdict
from collections.abc import Iterable


class Shared:
    """Numbers of statements by the name of what they change, shared by all with the same."""

    def __init__(self) -> None:
        self._numbers = defaultdict[str, set[int]](set)
        self._above: dict[str, str] = {}
        """A forest: the names in one tree may hold the same."""

    def _top(self, name: str) -> str:
        path = []
        while (above := self._above.get(name, name)) != name:
            path.append(name)
            name = above
        self._above |= dict.fromkeys(path, name)
        return name

    def join(self, names: Iterable[str]) -> None:
        """Have names share from now on."""
        tops = {self._top(name) for name in names}
        if len(tops) > 1:
            most = max(tops, key=lambda top: len(self._numbers[top]))
            for top in tops - {most}:
                self._above[top] = most
                self._numbers[most] |= self._numbers.pop(top)

    def add(self, number: int, names: Iterable[str]) -> None:
        """Enter a statement that may change these."""
        for name in names:
            self._numbers[self._top(name)].add(number)

    def __getitem__(self, name: str) -> set[int]:
        return self._numbers.get(self._top(name), set())
