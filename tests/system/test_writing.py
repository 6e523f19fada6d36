"""Wherever a command writes, the disk may be full there: a sentence, exit code 4, no judge left."""

import errno
import os
import re
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from tests.intake.test_archive import packed
from tests.support.judges import Judges
from tests.support.small_course import RIGHT, notebook

ROOT = Path(__file__).parents[2]
MOST = 60
"""Writes of a command, at most."""


class Disk:
    """The n-th write below a folder fails; Python tells of all writes before they happen."""

    def __init__(self) -> None:
        self.below, self.left, self.error = "", 0, 0
        sys.addaudithook(self._hear)  # for ever, so there is one

    def fail(self, below: Path, number: int, error: int) -> None:
        """Let a write fail, and all after it."""
        self.below, self.left, self.error = str(below), number, error

    def mend(self) -> bool:
        """Let all succeed again; return whether one has failed."""
        self.below, failed = "", self.left <= 0
        return failed

    def _hear(self, event: str, about: tuple[object, ...]) -> None:
        if not self.below:
            return
        path = str(about[1] if event in ("os.rename", "os.link") else about[0]) if about else ""
        writes = event in ("os.mkdir", "os.rename", "os.truncate", "shutil.rmtree") or (
            event == "open" and bool(int(about[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        )
        if writes and path.startswith(self.below):
            self.left -= 1
            if self.left <= 0:
                raise OSError(self.error, os.strerror(self.error), path)


@pytest.fixture(scope="module")
def disk() -> Disk:
    return Disk()


class Watched(Judges):
    """Judges who know whether they were dismissed."""

    employed = False

    def grade(self, *given) -> Iterator[object]:
        self.employed = True
        try:
            yield from super().grade(*given)
        finally:
            self.employed = False


def call(folder: Path, *words: object) -> Result:
    """Run a command; whatever happens, it must end without a traceback."""
    result = CliRunner().invoke(main, ["--course", str(folder), *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def grading(folder: Path) -> list[object]:
    return ["grade", folder / "class.zip", "-a", "doubling", "-o", folder / "out", "-j", 1]


COMMANDS: dict[str, Callable[[Path], list[object]]] = {
    "grade": grading,
    "regrade": lambda f: ["regrade", f / "out", "-j", 1],
    "override": lambda f: ["override", f / "out", f / "decisions.csv"],
    "merge": lambda f: ["merge", f / "whole", f / "out"],
    "gradebook": lambda f: ["gradebook", f / "out", f / "lms.csv", "--column", "Doubling",
                            "-o", f / "up" / "up.csv"],
    "csv": lambda f: ["results", f / "out", f / "up" / "all.csv"],
    "jsonl": lambda f: ["results", f / "out", f / "up" / "all.jsonl"],
    "junit": lambda f: ["results", f / "out", f / "up" / "all.xml"],
    "build": lambda f: ["build"],
    "new": lambda f: ["new", "another"],
    "release": lambda f: ["release", "doubling", "-o", f / "up" / "students.zip"],
    "bundle": lambda f: ["export", "gradescope", "doubling", "-o", f / "up" / "zip.zip"],
}  # fmt: skip
NEW = {"grade", "build", "new", "bundle"}
"""These begin with a fresh course, the others with a class that is graded."""


@pytest.fixture
def graded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Watched]:
    """A course, a zip of a class, and what commands need."""
    judges = Watched()
    monkeypatch.setattr("grader.judging.batch.grade", judges.grade)
    packed(folder / "class.zip", "kim.ipynb", "lee.ipynb", data=notebook(RIGHT))
    (folder / "lms.csv").write_text("ID,Doubling\nkim,\nlee,\n")
    (folder / "decisions.csv").write_text("id,question,points,comment\nkim,halve,1,\n")
    return folder, judges


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_at_any_write_is_a_sentence_and_the_same_command_goes_on(
    graded, name, disk, tmp_path_factory
):
    folder, judges = graded
    if name not in NEW:
        assert call(folder, "build").exit_code == call(folder, *grading(folder)).exit_code == 0
    words = COMMANDS[name](folder)
    kept = shutil.copytree(folder, tmp_path_factory.mktemp("kept") / "course", symlinks=True)
    for number in range(1, MOST):
        disk.fail(folder, number, errno.ENOSPC)
        try:
            result = call(folder, *words)
        finally:
            failed = disk.mend()
        if not failed:
            assert result.exit_code == 0, result.output
            break
        said = " ".join(result.output.split())
        code = 2 if "The key of the draws" in said else 4  # without one, a course cannot be used
        assert result.exit_code == code, f"write {number}: {result.exit_code} {said}"
        assert re.search("cannot be .*No space left on device", said)
        assert not judges.employed
        again = call(folder, *words)
        assert again.exit_code == 0 or "exists" in again.output or "already" in again.output
        shutil.rmtree(folder)
        shutil.copytree(kept, folder, symlinks=True)
    assert 1 < number < MOST


@pytest.mark.parametrize("error", [errno.EROFS, errno.EACCES, errno.EIO])
def test_one_students_page_that_cannot_be_written_costs_nobody_else(graded, disk, error):
    folder, judges = graded
    disk.fail(folder / "out" / "kim", 1, error)
    try:
        result = call(folder, *grading(folder))
    finally:
        disk.mend()
    said = " ".join(result.output.split())
    assert result.exit_code == 4 and not judges.employed
    assert f"out/kim/results.json cannot be written: {os.strerror(error)}. Make room" in said
    assert (folder / "out" / "lee" / "feedback.html").is_file()
    for name in ("grades.csv", "report.html"):
        assert "kim" in (folder / "out" / name).read_text("utf-8")
    judges.tasks.clear()
    assert call(folder, *grading(folder)).exit_code == 0
    assert not judges.tasks and (folder / "out" / "kim" / "feedback.html").is_file()


def test_machines_are_told_that_a_page_could_not_be_written(graded, disk):
    folder, _ = graded
    disk.fail(folder / "out" / "report.html", 1, errno.ENOSPC)
    disk.below = str(folder / "out" / ".report.html")
    try:
        result = call(folder, *grading(folder), "--json")
    finally:
        disk.mend()
    assert '"exit_code": 4, "meaning": "a file cannot be written or read' in result.stdout


def test_a_backup_that_finds_no_room_leaves_nothing_behind(graded):
    folder, _ = graded
    assert call(folder, *grading(folder)).exit_code == 0
    words = ("backup", folder / "out", folder / "backup.sqlite")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        result = call(folder, *words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 4 and "cannot be used" in result.output
    assert not (folder / "backup.sqlite").exists()
    assert call(folder, *words).exit_code == 0


def test_whatever_writes_goes_the_way_that_is_tried_here():
    """Files are written by `replace_file`, but for what is listed with its reason."""
    own = {
        "files.py",
        "intake/archive.py",  # unpacks into a folder that counts only when it is whole
        "course/course.py",  # the key, whose error has a remedy of its own
        "course/gallery.py",  # a copy in a place where nothing was
        "judging/proven.py",  # a note that a judge can do without
        "judging/bundle.py", "judging/cluster.py",  # on a cluster's worker, into a scratch folder
        "exchange/otter_import/convert.py",  # a draft in a scratch folder, to try it
        "sandbox/host/attempts.py",  # what the doctor guards
        "verify/examination.py",  # /dev/null
        "exchange/gradescope/autograde.py",  # a rehearsal, in a scratch folder
        "exchange/canvas/fetch.py",  # renamed once it is whole; an OSError becomes Unwritable
        "exchange/canvas/journal.py",  # grows by lines, of which the last may be torn
    }  # fmt: skip
    writes = re.compile(
        r"\.write_(?:text|bytes)\(|open\([^)]*\"[wax]b?\"|shutil\.copy|ZipFile\(\w+, \"w"
    )
    found = {
        path.relative_to(ROOT / "grader").as_posix()
        for path in (ROOT / "grader").rglob("*.py")
        if "guest" not in path.parts and "templates" not in path.parts
        if writes.search(path.read_text("utf-8"))
    }
    assert found <= own | {"exchange/transcript/replay.py"}, found - own
