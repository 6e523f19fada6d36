"""The package as others get it: a wheel, and an environment that has it and no checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def wheel(folder: Path) -> Path:
    """Build the wheel into a folder, and return it."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel; packages of others are those of the tests."""

    place: Path

    @classmethod
    def of(cls, made: Path, place: Path) -> "Installed":
        """Install a wheel into a new environment, without a network."""
        new = cls.without(place)
        python = place / "bin" / "python"
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps"]
        subprocess.run([*install, "--no-index", made], check=True, capture_output=True)
        return new

    @classmethod
    def without(cls, place: Path) -> "Installed":
        """Make an environment that has only the packages of others."""
        venv.create(place, with_pip=False, symlinks=True)
        site = sysconfig.get_path("purelib", vars={"base": str(place)})
        (Path(site) / "packages.pth").write_text(sysconfig.get_path("purelib"))
        return cls(place)

    @property
    def environment(self) -> dict[str, str]:
        """Return what a shell has where this environment is active."""
        kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return kept | {
            "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}", "VIRTUAL_ENV": str(self.place),
        }  # fmt: skip

    def run(self, *words: object, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder."""
        command = [str(self.place / "bin" / str(words[0])), *map(str, words[1:])]
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True
        )
