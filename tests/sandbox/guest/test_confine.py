"""What a worker has given up, seen from inside it and from outside."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from grader.model.limits import Limits, StudentError
from grader.sandbox.guest import confine, layer, libc, scratch
from grader.sandbox.guest.layer import Layer
from grader.sandbox.host import isolation
from tests.support import walls

pytestmark = walls.ON_LINUX
SCRIPT = """
import ctypes, os, resource, stat, tempfile

def reads(path):
    with open(path) as file:
        return file.read(100)

def lists(path): return os.listdir(path)
def size_of(path): return os.stat(path).st_size
def makes_a_folder(path): os.mkdir(path)
def removes(path): os.unlink(path)
def renames(path): os.rename(path, path + "2")
def where(): return os.getcwd(), os.environ["HOME"]
def host(): return os.uname().nodename
def who(): return list(os.getresuid())
def dumpable(): return ctypes.CDLL(None).prctl(3)  # PR_GET_DUMPABLE

def writes(path, text="x"):
    with open(path, "a") as file:
        file.write(text)

def keeps(text):
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    return file.name

def fills(path):
    chunk, written = b"x" * (1 << 20), 0
    try:
        with open(path, "wb", 0) as file:
            while True:
                written += file.write(chunk)
    except OSError as error:
        return written, error.errno

def fills_with_files():
    count = 0
    try:
        while True:
            open(f"file-{count}", "w").close()
            count += 1
    except OSError:
        return count

def limits():
    return {name: list(resource.getrlimit(getattr(resource, name)))
            for name in dir(resource) if name.startswith("RLIMIT_")}

def descriptors():
    found = {}
    for fd in range(200):
        try:
            found[fd] = stat.S_IFMT(os.fstat(fd).st_mode)
        except OSError:
            pass
    return found

def opens():
    files = []
    try:
        while True:
            files.append(os.dup(0))
    except OSError as error:
        count = len(files)
        for file in files: os.close(file)
        return count, error.errno
"""


@pytest.fixture(scope="module")
def worker(each):
    with walls.running(each, SCRIPT, Limits(seconds=7, memory_mb=300)) as worker:
        yield worker


@pytest.fixture
def isolated(start):
    with walls.running(start(walls.NAMESPACES), SCRIPT) as worker:
        yield worker


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


def test_it_has_no_capabilities_and_can_gain_none(worker):
    about = status(worker.pid)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(about[kind][0], 16) == 0
    if Layer.USER in worker.applied:
        assert int(about["CapBnd"][0], 16) == 0
    assert about["NoNewPrivs"] == ["1"]
    assert about["Seccomp"] == ["2"]


def test_it_has_one_thread_and_no_children(worker):
    assert status(worker.pid)["Threads"] == ["1"]
    assert walls.family(worker.pid) == {worker.pid}


def test_its_memory_is_its_own(worker):
    """Not dumpable: no other process of its user may read it or attach as a debugger."""
    assert walls.call(worker, "dumpable") == 0


def test_it_holds_four_descriptors(worker):
    kinds = walls.call(worker, "descriptors")
    assert sorted(kinds) == [0, 1, 2, 3]
    character, regular, sock = 0o020000, 0o100000, 0o140000
    assert [kinds[fd] for fd in range(4)] == [character, regular, regular, sock]


def test_its_limits_are_in_force(worker):
    limits = walls.call(worker, "limits")
    warm_and_more = limits["RLIMIT_AS"][0]
    assert 300 << 20 < warm_and_more < 16 << 30
    assert limits["RLIMIT_CPU"] == [164, 164]  # a tenth and 10 s more than all of its 140 s
    assert limits["RLIMIT_FSIZE"] == [confine.FILE_MB << 20] * 2
    assert limits["RLIMIT_NOFILE"] == [layer.OPEN_FILES] * 2
    assert limits["RLIMIT_CORE"] == limits["RLIMIT_MEMLOCK"] == [0, 0]


def test_it_can_open_64_files_and_no_more(worker):
    assert walls.call(worker, "opens") == (layer.OPEN_FILES - 4, 24)


SECRETS = [
    "/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/self/status", "/proc/self/maps",
    "/proc/1/cmdline", "/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled", __file__,
    str(Path(confine.__file__)), os.path.expanduser("~/.bashrc"),
]  # fmt: skip


@pytest.mark.parametrize("path", [path for path in SECRETS if os.access(path, os.R_OK)])
def test_it_cannot_read(worker, path):
    with pytest.raises(StudentError) as caught:
        walls.call(worker, "reads", path)
    assert caught.value.kind in ("FileNotFoundError", "PermissionError")


@pytest.mark.parametrize(
    "path", ["/etc", "/proc", "/home", "/root", "/tmp", "/dev/shm", "/", str(Path(__file__).parent)]
)
def test_it_cannot_list(worker, path):
    if Layer.NAMESPACES in worker.applied:
        if path in ("/", "/proc", "/tmp"):  # nearly empty there, see test_isolation
            return
        error = "FileNotFoundError"
    else:
        error = "PermissionError"
    with pytest.raises(StudentError) as caught:
        walls.call(worker, "lists", path)
    assert caught.value.kind in (error, "PermissionError", "FileNotFoundError")


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "/var/tmp", "/usr/lib", "package", "own"])
def test_it_cannot_write_outside_its_folder(worker, tmp_path, folder):
    own = tmp_path / "own"
    own.mkdir()
    (own / "file").write_text("whole")
    for path in (tmp_path, own, own / "file"):
        path.chmod(0o777)
    package = os.path.dirname(os.path.dirname(pytest.__file__))
    where = Path({"package": package, "own": str(own)}.get(folder, folder))
    if folder == "/tmp" and Layer.NAMESPACES in worker.applied:
        return  # another name of its own folder
    for act in ("writes", "makes_a_folder"):
        with pytest.raises(StudentError):
            walls.call(worker, act, str(where / "new"))
    for act in ("writes", "removes", "renames"):
        with pytest.raises(StudentError):
            walls.call(worker, act, str(where / "file"))
    assert not (where / "new").exists()
    assert (own / "file").read_text() == "whole"


def test_its_folder_is_private_and_small(isolated):
    assert walls.call(isolated, "where") == ("/scratch", "/scratch")
    assert walls.call(isolated, "host") == "sandbox"
    written, error = walls.call(isolated, "fills", "big")
    assert (written, error) == (confine.FILE_MB << 20, 27)  # EFBIG
    walls.call(isolated, "removes", "big")
    assert 1000 < walls.call(isolated, "fills_with_files") < scratch.MOST_FILES


def test_what_one_worker_writes_the_next_does_not_see(start):
    zygote = start(walls.NAMESPACES)
    with walls.running(zygote, SCRIPT) as first, walls.running(zygote, SCRIPT) as second:
        name = walls.call(first, "keeps", "from the first")
        walls.call(first, "writes", "notes.txt", "from the first")
        assert walls.call(first, "reads", name) == "from the first"
        assert walls.call(second, "lists", ".") == []
        if not any(path.startswith("/tmp/") for path in isolation.readable()):
            assert walls.call(second, "lists", "/tmp") == []  # another name of its folder
    with walls.running(zygote, SCRIPT) as third:
        assert walls.call(third, "lists", ".") == []
        assert walls.call(third, "keeps", "x").startswith("/scratch/")


def test_without_namespaces_a_worker_has_a_folder_as_well(start):
    with walls.running(start(walls.DOCKER), SCRIPT) as worker:
        here, home = walls.call(worker, "where")
        assert here == home and walls.call(worker, "keeps", "x").startswith(here)
        written, error = walls.call(worker, "fills", "big")
        assert (written, error) == (confine.FILE_MB << 20, 27)  # EFBIG


def test_every_worker_of_root_is_another_user(start):
    zygote = start(walls.ROOT)
    with walls.running(zygote, SCRIPT) as first, walls.running(zygote, SCRIPT) as second:
        users = [walls.call(worker, "who") for worker in (first, second)]
        assert all(u[0] >= layer.FIRST_USER and len(set(u)) == 1 for u in users)
        assert users[0] != users[1]
        assert status(first.pid)["Groups"] == []


CONFINED = """
import os
from grader.sandbox.guest import confine, landlock
{before}
try:
    print(*confine.confine({layers!r}, [], 1 << 40, 100, 1, "/tmp"))
except OSError as error:
    print("refused:", error)
"""


def confined(layers: list[str], before: str = "") -> str:
    """Confine an ordinary process, in which no bubblewrap and no zygote has prepared anything."""
    program = CONFINED.format(layers=layers, before=before)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def test_a_layer_that_cannot_be_applied_is_an_error():
    as_nobody = "os.geteuid() or os.setresuid(65534, 65534, 65534)"
    assert confined([]) == "rlimits\n"
    assert confined(["namespaces"], as_nobody).startswith("refused: [Errno 1] unshare")
    assert confined(["user"], as_nobody).startswith("refused: [Errno 1]")


def test_a_kernel_without_landlock_is_an_error():
    absent = "landlock.CREATE = 100_000; assert landlock.version() == 0"
    assert confined(["landlock"], absent).startswith("refused: [Errno 38] landlock")


def test_the_size_of_a_process_is_its_address_space():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    assert abs(confine.size() - pages * resource.getpagesize()) < 64 << 20


def test_a_failed_call_says_what_failed():
    with pytest.raises(OSError, match="what was tried: ") as caught:
        libc.check(libc.libc.umount2(b"/no/such/place", 0), "what was tried")
    assert caught.value.errno in (1, 2)
