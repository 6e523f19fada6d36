"""What other packages add to the grader, by entry points; docs/api.md shows one of each kind.

A plugin is imported when its name is asked for, in a process that is trusted; a worker is bound to
have only what lies in sandbox/guest/. What is ours comes first: no plugin takes its name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .errors import GraderError
from .message import Message

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

NAMES = "grader.names"
"""An LMS's names: a function that takes the files of an export and the name of the assignment, and
returns a Platform."""
EXPORT = "grader.export"
"""An export: a function that takes a Course, the name of an assignment and where to write, and
returns a sentence for everything that it had to leave out."""
LANGUAGES = "grader.languages"
"""A language: a catalogue, as Python's gettext has them."""


class PluginError(GraderError):
    """A package that adds something to the grader is broken; it and the remedy are named."""


@dataclass(frozen=True)
class Plugin:
    """One entry of another package."""

    name: str
    package: str
    """Its distribution, with the version."""
    entry: "EntryPoint"

    def load(self, kind: type[Any] | None = None) -> Any:
        """Import it and return what it names, a `kind` or else a function. Raises PluginError."""
        with self.blamed():
            found = self.entry.load()
            if not (isinstance(found, kind) if kind else callable(found)):
                wanted = kind.__name__ if kind else "function"
                raise TypeError(f"{self.entry.value} is not a {wanted}")
        return found

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Name the package where something goes wrong in it. Raises PluginError."""
        try:
            yield
        except GraderError:
            raise
        except Exception as error:
            raise PluginError(
                Message(
                    "`{name}` comes from the package {package}, and cannot be used: {why}. Update "
                    "that package, or uninstall it: pip uninstall {distribution}",
                    name=self.name, package=self.package, why=f"{type(error).__name__}: {error}",
                    distribution=self.package.split()[0],
                )
            ) from error  # fmt: skip


@cache
def plugins(group: str) -> dict[str, Plugin]:
    """Return what other packages add of a kind, by name; nothing of it is imported yet.

    Raises PluginError for a name that two packages have.
    """
    from importlib.metadata import entry_points  # 0.1 s, which `--help` need not wait for

    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        by = entry.dist
        plugin = Plugin(entry.name, f"{by.name} {by.version}" if by else "?", entry)
        other = found.setdefault(entry.name, plugin)
        if other.package != plugin.package:
            raise PluginError(
                Message(
                    "Two packages have a `{name}`, {one} and {other}: uninstall one of them.",
                    name=entry.name, one=other.package, other=plugin.package,
                )
            )  # fmt: skip
    return found


def plugin(group: str, name: str) -> Plugin | None:
    """Return what another package has under a name, if any does."""
    return plugins(group).get(name)
