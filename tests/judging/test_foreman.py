"""The process that starts judges takes nothing from the folder where somebody stands."""

import subprocess
import sys

from grader.judging.job import Job
from grader.judging.pool import Pool
from tests.support import walls
from tests.support.echo import Echo
from tests.support.small_course import CHECKS, write

pytestmark = walls.ON_LINUX
PLANTED = "open({mark!r}, 'a').close(); raise SystemExit('planted')"


def test_a_submission_called_like_a_module_of_pythons_is_not_imported(tmp_path, monkeypatch):
    """Who grades may stand in the folder of submissions, which holds whatever was handed in."""
    course, downloads, mark = tmp_path / "course", tmp_path / "downloads", tmp_path / "mark"
    course.mkdir()
    downloads.mkdir()
    write(course, CHECKS)
    for name in ("multiprocessing", "pickle", "socket", "signal", "grader", "torch", "pytest"):
        (downloads / f"{name}.py").write_text(PLANTED.format(mark=str(mark)))
    monkeypatch.chdir(downloads)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    command = [sys.executable, "-c", "import multiprocessing"]
    assert subprocess.run(command, capture_output=True).returncode and mark.exists()
    mark.unlink()
    checks = course / "autograder_tests" / "doubling"
    job = Job(course / "solutions" / "doubling.py", checks, b"", unsafe=True)
    with Pool(Echo(job), jobs=1) as pool:
        assert [text for _, text in pool.serve(["one"])] == ["one"]
    assert not mark.exists()
