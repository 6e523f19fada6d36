"""What a notebook can do, and so what it earns, does not depend on the walls around it."""

import os
from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.judging.judge import judge
from grader.model.limits import Limits, StudentError
from grader.model.result import Status
from grader.sandbox.guest import scratch
from grader.sandbox.host.isolation import _world_readable, readable
from grader.sandbox.host.zygote import Zygote
from tests.support import walls
from tests.support.small_course import write

DOES = {
    "finds a folder for temporary files": "tempfile.gettempdir() == os.getcwd()",
    "makes temporary files and folders": """all([
        tempfile.TemporaryFile().write(b"some") == 4,
        os.path.isdir(tempfile.mkdtemp()),
        tempfile.NamedTemporaryFile().write(b"some") == 4,
        os.path.getsize(tempfile.mkstemp()[1]) == 0,
    ])""",
    "writes where it works, and reads it again": """[
        Path("notes.txt").write_text("some"), Path("notes.txt").read_text(),
        os.path.isfile("notes.txt"),
    ]""",
    "writes over a file, and adds to it": """[
        open("log", "w").write("much more"), open("log", "w").write("one"),
        open("log", "a").write("two"), Path("log").read_text(),
    ]""",
    "makes folders, renames and removes": """[
        os.makedirs("runs/1"), Path("runs/1/a").touch(), os.rename("runs/1/a", "runs/b"),
        os.rmdir("runs/1"), os.listdir("runs"), shutil.rmtree("runs"), os.path.exists("runs"),
    ]""",
    "is at home there": "Path.home() == Path(os.environ['HOME']) == Path.cwd()",
    "keeps weights in a file": """[
        torch.save({"w": torch.ones(3)}, "w.pt"), torch.load("w.pt")["w"].tolist(),
        np.save("w.npy", np.ones(2)), np.load("w.npy").tolist(),
    ]""",
    "imports a module that it wrote": """[
        Path("mine.py").write_text("seven = 7"), sys.path.insert(0, "."),
        __import__("mine").seven,
    ]""",
    "finds no file of data": "os.path.exists('data.csv') or open('data.csv')",
    "finds no drive": "os.makedirs('/content/drive/MyDrive')",
    "reads no file of the system": "len(open('/etc/passwd').read())",
    "starts no program": "subprocess.run(['ls'])",
    "starts no thread": "threading.Thread(target=print).start()",
    "starts no process": "os.fork()",
    "reaches no network": "urllib.request.urlopen('http://127.0.0.1:9', timeout=1)",
    "looks up no name": "socket.gethostbyname('localhost')",
    "loads its data without helpers": """[
        len(batch) for batch in torch.utils.data.DataLoader(torch.arange(10.0), batch_size=4)
    ]""",
    "draws the same numbers": "[random.random(), np.random.rand(), torch.rand(1).item()]",
    "has one thread and one core": "[torch.get_num_threads(), len(os.sched_getaffinity(0)) > 0]",
    "knows the same environment": """sorted(
        (name, value) for name, value in os.environ.items()
        if name not in ("HOME", "TMPDIR", "TORCHINDUCTOR_CACHE_DIR", "PWD")
    )""",
    "lives in the same time zone": "[time.tzname, time.localtime(0)[3]]",
    "is not told who it is": "getpass.getuser()",
    "has no room for a large file": "open('big', 'wb').write(b'x' * (17 << 20))",
}
IMPORTS = {"reaches no network", "looks up no name", "is not told who it is"}
"""What imports more of Python's library while it is done."""
SCRIPT = """
import getpass, os, random, shutil, socket, subprocess, sys, tempfile, threading, time
import urllib.request
from pathlib import Path
import numpy as np
import torch

def does(what):
    try:
        return repr(eval(what))
    except OSError as error:
        return "OSError"
    except Exception as error:
        return type(error).__name__
"""
BY_FILE = """
import os, tempfile, torch

def double(x):
    with tempfile.TemporaryDirectory() as folder:
        torch.save(x, os.path.join(folder, "x.pt"))
        return 2 * torch.load(os.path.join(folder, "x.pt"))

def halve(x):
    with open(os.path.expanduser("~/by"), "w") as file:
        file.write("2")
    return x / float(open("by").read())
"""
CHECKS = '''
import torch
from grader.checks import points, question

@question("double")
@points(2)
def test_double(student, draw):
    """Twice."""
    x = draw(3)
    assert torch.equal(student.double(x), 2 * x)

@question("halve")
@points(3)
def test_halve(student, draw):
    """Half."""
    x = draw(3)
    assert torch.equal(student.halve(x), x / 2)
'''


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return write(tmp_path_factory.mktemp("course"), CHECKS)


@pytest.fixture(scope="module")
def done(start) -> dict[str, set[str]]:
    """For each thing that a notebook may do, what comes of it, over all arrangements."""
    found: dict[str, set[str]] = {what: set() for what in DOES}
    for layers in filter(lambda layers: not walls.missing(layers), walls.ARRANGEMENTS):
        hidden = layers == walls.ROOT and not all(map(_world_readable, readable()))
        with walls.running(start(layers), SCRIPT) as worker:
            for what, source in DOES.items():
                if hidden and what in IMPORTS:  # Python lies where other users may not read
                    continue
                worker.begin(seed=7, forbid=[])
                found[what].add(walls.call(worker, "does", " ".join(source.split())))
    return found


@pytest.mark.parametrize("what", DOES)
def test_a_notebook_has_the_same_success_everywhere(done, what):
    (came,) = done[what]
    fails = any(word in what for word in ("finds no", "reads no", "starts no", "reaches no"))
    fails |= any(word in what for word in ("looks up no", "not told", "no room"))
    assert came.endswith("Error") == fails and came != "False"


def test_code_that_needs_files_earns_the_same_points_everywhere(each, course):
    course, name = course
    path = course.root / "kim.py"
    path.write_text(BY_FILE)
    judgements = []

    def work(session: Session) -> None:
        judgements.append(judge(path, session, each, b"a key"))

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    hidden = [result for result in judgements[0].results if not result.public]
    assert [result.status for result in hidden] == [Status.PASSED] * 2
    assert judgements[0].earned == judgements[0].max_score == 5


FILLS = """
import os, time

def fills(files, mb):
    for number in range(files):
        with open(str(number), "wb") as file:
            file.write(bytes(mb << 20))
    time.sleep(60)

def lists(path):
    return os.listdir(path)

def here():
    return os.getcwd()
"""


@pytest.fixture(params=[walls.DOCKER, walls.ROOT], ids="+".join)
def folders(request, start) -> Zygote:
    """The arrangements in which a folder has no size of its own."""
    return start(request.param)


@pytest.mark.parametrize(("files", "mb"), [(6, 15), (4200, 0)])
def test_who_fills_the_folder_is_ended_while_at_it(folders, files, mb):
    with walls.running(folders, FILLS, Limits(seconds=30)) as worker:
        place = Path(walls.call(worker, "here"))
        with pytest.raises(StudentError, match=r"more than (64 MB of|4096) files"):
            walls.call(worker, "fills", files, mb)
        worker.ended()
    assert not place.exists()


def test_a_worker_sees_no_folder_but_its_own(folders):
    with walls.running(folders, FILLS) as one, walls.running(folders, FILLS) as other:
        place = walls.call(other, "here")
        assert walls.call(other, "lists", place) == []
        for hidden in (place, str(Path(place).parent)):
            with pytest.raises(StudentError):
                walls.call(one, "lists", hidden)


def test_folders_end_with_their_zygote():
    with Zygote([*walls.DOCKER]) as zygote, walls.running(zygote, FILLS) as worker:
        place = Path(walls.call(worker, "here"))
        assert place.is_dir()
    assert not place.parent.exists()


def test_a_folder_is_cleared_whatever_it_holds(tmp_path):
    place = Path(scratch.make(str(tmp_path), "1", None))
    deep = place
    for _ in range(50):
        deep = deep / ("d" * 100)
        try:
            deep.mkdir()
        except OSError:  # longer than a path may be
            break
    (place / "closed").mkdir()
    (place / "closed" / "file").touch()
    (place / "link").symlink_to("/")
    (place / "closed").chmod(0)
    scratch.clear(str(place))
    scratch.clear(str(place))
    assert not place.exists()


def test_a_folder_that_cannot_be_looked_at_is_too_full(tmp_path):
    (tmp_path / "a").mkdir()
    scratch.require_small(str(tmp_path))
    scratch.require_small(str(tmp_path / "gone"))
    name = "d" * 250
    deep = tmp_path
    before = os.getcwd()
    try:
        for _ in range(20):
            os.chdir(deep)
            os.mkdir(name)
            deep = Path(name)
    finally:
        os.chdir(before)
    with pytest.raises(scratch.Overfull, match="cannot be read"):
        scratch.require_small(str(tmp_path))
