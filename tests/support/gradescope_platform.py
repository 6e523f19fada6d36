"""Gradescope's contract, enacted in a temporary folder.

A zip is unpacked into source/, its run_autograder is copied beside it, and for every submission
that script is run there and results/results.json is taken. What setup.sh makes, the virtual
environment, is the one that the tests run in. The real thing is root in a container of Ubuntu:
docker/verify comes close to that.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

METADATA = {
    "id": 123456,
    "created_at": "2026-11-20T10:00:00.000000-08:00",
    "assignment": {"title": "Doubling", "total_points": "5.0", "group_size": 1},
    "submission_method": "upload",
    "users": [{"email": "kim@example.edu", "id": 1234, "name": "Kim"}],
    "previous_submissions": [],
}


class Platform:
    """One autograder, uploaded."""

    def __init__(self, root: Path, archive: Path) -> None:
        self.root = root
        root.mkdir()
        subprocess.run(["unzip", "-q", archive, "-d", root / "source"], check=True)
        shutil.copy(root / "source" / "run_autograder", root)
        (root / "venv").symlink_to(sys.prefix)

    def submit(
        self, files: dict[str, bytes], metadata: object = METADATA
    ) -> tuple[dict[str, Any], str]:
        """Grade files as one submission; return results.json and what the course team sees."""
        self.hand_in(files, metadata)
        done = subprocess.run(
            [self.root / "run_autograder"], cwd=self.root, text=True, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/root"},
        )  # fmt: skip
        return self.results(), done.stdout

    def hand_in(self, files: dict[str, bytes], metadata: object = METADATA) -> None:
        """Put a submission where the autograder looks for it."""
        for name in ("submission", "results"):
            shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir()
        for name, data in files.items():
            path = self.root / "submission" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (self.root / "submission_metadata.json").write_text(json.dumps(metadata))

    def results(self) -> dict[str, Any]:
        """Return what the autograder has written."""
        found: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_bytes())
        return found
