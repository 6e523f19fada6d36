"""What platforms do with a file that is uploaded as feedback, as their own code does it."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat


def moodle(path: Path, participants: set[int]) -> dict[int, dict[str, str]]:
    """Return the files that Moodle attaches to each participant's grade.

    After is_valid_filename_for_import in mod/assign/feedback/file/importziplib.php.
    """
    found: dict[int, dict[str, str]] = {}
    for name, content in members(path).items():
        parts = name.split("/")
        while parts:
            info = parts.pop(0).split("_", 4)
            if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants:
                continue
            assert info[2:4] == ["assignsubmission", "file"]
            inside = "/".join([*info[4:], *parts])
            found.setdefault(int(info[1]), {})[Path(inside).name] = content.decode()
            break
    return found


def canvas(path: Path, submissions: dict[int, dict[int, str]]) -> dict[int, dict[str, str]]:
    """Return what Canvas attaches to each student's submission, by the name that it shows.

    After infer_comment_context_from_filename in Canvas' assignment model. Each student has handed
    in files, by the numbers of their attachments.
    """
    found: dict[int, dict[str, str]] = {}
    for name, content in members(path).items():
        numbers = [int(part) for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]
        assert len(numbers) == 2, f"Canvas ignores {name}"
        user, attachment = numbers
        shown = submissions[user][attachment]
        nbformat.validate(nbformat.reads(content.decode(), 4))
        found.setdefault(user, {})[shown] = content.decode()
    return found


def gradescope(path: Path, number: int, where: Path) -> dict[str, object]:
    """Return the results.json of a submission, by running the autograder as the platform does."""
    root = where / "autograder"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(root / "source")
        modes = {about.filename: about.external_attr >> 16 for about in archive.infolist()}
    assert modes["run_autograder"] & modes["setup.sh"] & 0o111
    run = root / "run_autograder"
    run.write_bytes((root / "source" / "run_autograder").read_bytes())
    (root / "submission_metadata.json").write_text(json.dumps({"id": number}))
    subprocess.run([sys.executable, run], check=True, timeout=60)
    return json.loads((root / "results" / "results.json").read_text())


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
