"""Every given file, and those that nobody submitted."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..model.message import Message, Text

IGNORED = {
    "__pycache__", "__MACOSX", "node_modules", "$RECYCLE.BIN", "System Volume Information",
    "@eaDir",
}  # fmt: skip
"""Folders made by programs."""
LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}
"""Files that Windows and macOS leave in folders."""
MADE = (".pyc", ".swp", "~")
"""Suffixes of files made by interpreters and editors."""
WORK = (".ipynb", ".py")
"""Suffixes of what students hand in."""
COPIES = {".git", ".ipynb_checkpoints", ".virtual_documents", ".venv", ".cache", ".history"}
"""Hidden folders made by programs, in which notebooks are copies; those of Trash begin with it."""
RESULTS = "grades.sqlite"
"""What every folder of results has."""


@dataclass
class Walk:
    """What lies below some folders."""

    files: list[tuple[Path, tuple[str, ...]]] = field(default_factory=list)
    """With the parts of the path from the given folder, in a fixed order."""
    litter: list[str] = field(default_factory=list)
    """Files made by programs."""
    hidden: list[str] = field(default_factory=list)
    """Notebooks and scripts with names that begin with a dot, and notebooks in such folders."""
    results: list[Path] = field(default_factory=list)
    """Folders that `grader grade` has filled."""
    empty: list[tuple[Path, tuple[str, ...]]] = field(default_factory=list)
    """Folders in which, at any depth, no file was found, with the parts of their paths."""
    closed: list[Text] = field(default_factory=list)
    """Folders that cannot be read, with the reason."""


def walk(paths: Iterable[Path]) -> Walk:
    """Find the given files and those below the given folders; links are not followed.

    Raises FileNotFoundError for a path that does not exist.
    """
    found = Walk()
    for path in paths:
        if not os.path.lexists(path):
            raise FileNotFoundError(path)
        if path.is_dir():
            there, folders = sorted(_below(path, found)), found.empty
            found.files += [(f, f.relative_to(path).parts) for f in there]
            full = {above for file in there for above in file.parents}
            found.empty = sorted(one for one in folders if one[0] not in full)
        else:
            found.files.append((path, (path.name,)))
    found.hidden.sort()
    found.results.sort()
    return found


def _below(folder: Path, found: Walk) -> Iterator[Path]:
    """Yield the files of a folder, and note what is left out."""

    def closed(error: OSError) -> None:
        found.closed.append(f"{error.filename} ({error.strerror})")

    for where, folders, names in os.walk(folder, onerror=closed):
        place = Path(where)
        links = [f for f in folders if (place / f).is_symlink()]
        found.closed += [
            Message("{folder} (it is a link)", folder=place / f) for f in links if not _made(f)
        ]
        if RESULTS in names and place != folder:
            found.results.append(place)
            folders.clear()
            continue
        found.empty.append((place, place.relative_to(folder).parts))
        for hidden in sorted(set(filter(_is_hidden, folders)) - {*links}):
            books = sorted((place / hidden).rglob("*.ipynb"))  # follows no link
            found.hidden += [f"{book.relative_to(folder)}" for book in books]
        folders[:] = [f for f in folders if not _made(f)]
        for name in sorted(names):
            shown = str((place / name).relative_to(folder))
            if name.startswith(".") and not name.startswith("._") and name.endswith(WORK):
                found.hidden.append(shown)
            elif name.startswith((".", "~$")) or name.casefold() in LITTER or name.endswith(MADE):
                found.litter += [shown] * (not name.startswith("."))
            else:
                yield place / name


def _is_hidden(folder: str) -> bool:
    return folder.startswith(".") and not folder.startswith(".Trash") and folder not in COPIES


def _made(folder: str) -> bool:
    return folder.startswith(".") or folder in IGNORED
