"""Everything that a judge on another machine needs of an assignment, as bytes."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from .. import __version__
from ..course.include import sources
from ..course.versions import NO_PART, torch_version
from ..model.message import Message
from ..sandbox.guest.layer import Layer
from .job import CannotJudge, Job


@dataclass(frozen=True)
class JobBundle:
    """Solution, hidden checks and key: for machines of the course team alone."""

    name: str
    files: tuple[tuple[str, bytes], ...]
    """Below checks/, solution/NAME.py and what that includes."""
    key: bytes
    layers: tuple[Layer, ...] | None
    unsafe: bool
    made_with: tuple[str, str] = (__version__, torch_version())
    """Versions of grader and torch, on which a verdict depends as well."""

    @classmethod
    def pack(cls, job: Job) -> Self:
        """Read the author's files."""
        checks = job.checks
        below = (path for path in sorted(checks.rglob("*")) if path.is_file())
        files = [
            (f"checks/{path.relative_to(checks)}", path.read_bytes())
            for path in below
            if not NO_PART.intersection(path.relative_to(checks).parts)
        ]
        solutions = [job.solution, *sources(job.solution)]
        files += [(f"solution/{path.name}", path.read_bytes()) for path in solutions]
        layers = None if job.layers is None else tuple(job.layers)
        return cls(job.solution.stem, tuple(files), job.key, layers, job.unsafe)

    @cached_property
    def digest(self) -> str:
        """What tells it from any other bundle."""
        files = [(name, hashlib.sha256(data).hexdigest()) for name, data in self.files]
        key = hashlib.sha256(self.key).hexdigest()
        said = [self.name, files, key, self.layers, self.unsafe, self.made_with]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def unpack(self, folder: Path) -> Job:
        """Write the files into a folder. Raises CannotJudge if another grader or torch is here."""
        here = (__version__, torch_version())
        if here != self.made_with:
            raise CannotJudge(
                Message(
                    "this worker has {here}, but the class is judged with {there}: install the "
                    "same on all machines",
                    here="grader {}, torch {}".format(*here),
                    there="grader {}, torch {}".format(*self.made_with),
                )
            )
        for name, data in self.files:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        layers = None if self.layers is None else list(self.layers)
        solution, checks = folder / "solution" / f"{self.name}.py", folder / "checks"
        return Job(solution, checks, self.key, layers, self.unsafe)
