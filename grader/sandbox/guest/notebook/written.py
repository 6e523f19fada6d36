"""Files that a notebook writes by `%%writefile` and then imports or runs.

They are kept in memory, since a worker may have no folder to write to, and written to the disk
where there is one, for what opens them.
"""

import ast
import contextlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType
from typing import Any

from .device import to_cpu


class Written(MetaPathFinder, Loader):
    """The files of Python that have been written, importable by their names."""

    def __init__(self) -> None:
        self._codes: dict[str, list[tuple[str, str]]] = {}
        """For each file, its pieces: the cell, and the text at its lines there."""

    def add(self, name: str, text: str, cell: str, line: int, *, append: bool) -> None:
        """Keep a file that a cell has written from a line on, and write it if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            with open(name, "a" if append else "w", encoding="utf-8") as file:
                file.write(text)
        path = str(PurePosixPath(name))
        if not append:
            self._codes.pop(path, None)
        self._codes.setdefault(path, []).append((cell, "\n" * line + text))
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)  # what lies beside a notebook comes first

    def run(self, given: str, namespace: dict[str, Any]) -> None:
        """Run a file in a namespace, as `%run` does; one that was not written does nothing."""
        for part in given.split():
            for code in self._compiled(str(PurePosixPath(part))):
                exec(code, namespace)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Say that a module is here, or that a package is in which there is one."""
        inner = self._file(name)
        package = inner.endswith("/__init__.py")
        if inner or any(f"/{name.replace('.', '/')}/" in f"/{file}" for file in self._codes):
            return ModuleSpec(name, self, origin=inner or name, is_package=package or not inner)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run what was written. Raises what that raises."""
        for code in self._compiled(self._file(module.__name__)):
            exec(code, module.__dict__)

    def get_source(self, name: str) -> str:
        """Return what was written."""
        return "".join(text.lstrip("\n") for _, text in self._codes.get(self._file(name), ()))

    def _file(self, name: str) -> str:
        """Return the file of a module, in whatever folder, or ""."""
        path = name.replace(".", "/")
        ends = (f"/{path}.py", f"/{path}/__init__.py")
        return next((file for file in self._codes if f"/{file}".endswith(ends)), "")

    def _compiled(self, file: str) -> list[CodeType]:
        found = []
        for cell, text in self._codes.get(file, ()):
            tree = ast.parse(text)
            for node in tree.body:
                to_cpu(node)
            found.append(compile(tree, cell, "exec", 0, True))
        return found


WRITTEN = Written()
"""Those of this process, which runs one notebook."""
