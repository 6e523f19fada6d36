"""The arrangements that this machine can enact start, hold, and show no more than they should."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from grader.sandbox.guest import confine
from grader.sandbox.guest.layer import Layer
from grader.sandbox.host import isolation
from grader.sandbox.host.sandbox import SandboxError
from grader.sandbox.host.zygote import Zygote
from tests.support import walls

pytestmark = walls.ON_LINUX

SCRIPT = """
import os
def lists(path): return sorted(os.listdir(path))
def environment(): return dict(os.environ)
def writable(path): return os.access(path, os.W_OK)
"""
SURPRISES = {
    "pytest", "_pytest", "click", "rich", "jinja2", "sqlite3", "nbformat", "nbconvert", "jupytext",
    "hypothesis", "matplotlib", "pandas", "torchvision", "requests", "grader.sandbox.host.sandbox",
    "grader.sandbox.host.student", "grader.checks", "grader.course.assignment",
}  # fmt: skip


def test_only_the_files_meant_for_it_run_on_the_untrusted_side(each):
    ours = {name for name in each.modules if name.startswith("grader.")}
    home = isolation.GUEST.parents[1]
    files = {path.relative_to(home).with_suffix("") for path in isolation.GUEST.rglob("*.py")}
    names = {".".join(path.parts).removesuffix(".__init__") for path in files}
    assert ours == {"grader.sandbox", *(f"grader.{name}" for name in names)}


def test_nothing_of_the_graders_own_is_loaded_there(each):
    assert not SURPRISES & set(each.modules)
    assert "torch" in each.modules  # it is warm


@pytest.mark.parametrize(
    "held, expected",
    [
        ((Layer.RLIMITS, Layer.NAMESPACES, Layer.LANDLOCK, Layer.SECCOMP), True),
        ((Layer.RLIMITS, Layer.LANDLOCK, Layer.SECCOMP), True),
        ((Layer.RLIMITS, Layer.USER, Layer.SECCOMP), True),
        ((Layer.RLIMITS, Layer.NAMESPACES, Layer.LANDLOCK, Layer.USER), False),
        ((Layer.RLIMITS, Layer.SECCOMP), False),
        ((), False),
    ],
)
def test_the_floor_is_seccomp_and_a_wall_around_files(held, expected):
    assert isolation.enough(held) is expected


def test_below_the_floor_nothing_runs_unless_it_is_allowed():
    with pytest.raises(SandboxError, match=r"only rlimits holds.*needs seccomp and one of"):
        Zygote([])
    with Zygote([], unsafe=True) as zygote, walls.running(zygote, SCRIPT) as worker:
        assert zygote.layers == (Layer.RLIMITS,)
        assert walls.call(worker, "writable", "/dev/null")


def test_where_nothing_works_every_attempt_is_listed(monkeypatch):
    monkeypatch.setattr(isolation, "arrangements", lambda: [walls.NAMESPACES, walls.UNSAFE])
    monkeypatch.setattr(
        isolation, "command", lambda layers, *_, **__: ["sh", "-c", f"echo no {layers[0]}"]
    )
    with pytest.raises(SandboxError) as caught:
        Zygote()
    assert "no namespaces" in str(caught.value) and "; seccomp: " in str(caught.value)


def test_the_notebooks_of_the_package_are_hidden_where_their_prefix_can_be_read(
    monkeypatch, tmp_path
):
    if reason := walls.missing(walls.NAMESPACES):
        pytest.skip(reason)
    shared, seen, before = tmp_path / isolation.SHARED, [], isolation.readable()
    (shared / "solutions").mkdir(parents=True)
    monkeypatch.setattr(isolation.sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setattr(isolation, "readable", lambda: [*before, str(tmp_path)])
    for place in ("elsewhere", isolation.SHARED):
        monkeypatch.setattr(isolation, "SHARED", place)
        listing = [*isolation._bubblewrap(), "/usr/bin/ls", str(shared)]
        done = subprocess.run(listing, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seen.append(done.stdout.split())
    assert seen == [["solutions"], []]  # without being hidden, and with it


def test_a_program_that_is_not_there_is_our_error(monkeypatch):
    monkeypatch.setattr(isolation, "command", lambda *_, **__: ["/no/such/program"])
    with pytest.raises(SandboxError, match="No such file"):
        Zygote([Layer.SECCOMP])


def test_without_bubblewrap_there_are_no_namespaces(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert all(Layer.NAMESPACES not in layers for layers in isolation.arrangements())


def test_where_bubblewrap_fails_the_next_arrangement_takes_over(monkeypatch, tmp_path):
    if reason := walls.missing(walls.DOCKER):
        pytest.skip(reason)
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert shutil.which("bwrap") == str(broken)
    assert Layer.NAMESPACES in isolation.arrangements()[0]
    with Zygote() as zygote:
        held = set(zygote.layers)
    assert Layer.NAMESPACES not in held and set(walls.DOCKER) <= held


def test_another_user_is_tried_only_where_it_could_read_the_packages(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(isolation, "_world_readable", lambda _: True)
    assert Layer.USER in isolation.arrangements()[-1]
    monkeypatch.setattr(isolation, "_world_readable", lambda path: "/lib" not in path)
    assert Layer.USER not in isolation.arrangements()[-1]
    monkeypatch.setattr(isolation, "_world_readable", lambda _: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert Layer.USER not in isolation.arrangements()[-1]


def test_a_file_below_a_closed_folder_is_not_world_readable(tmp_path):
    file = tmp_path / "closed" / "file"
    file.parent.mkdir(mode=0o700)
    file.touch(0o644)
    assert isolation._world_readable("/usr/bin")
    assert not isolation._world_readable(str(file))


def test_a_submission_sees_no_variable_of_the_grader(each):
    with walls.running(each, SCRIPT) as worker:
        seen = walls.call(worker, "environment")
    given = isolation.environment([*each.layers])
    assert {k: v for k, v in given.items() if k not in confine.HOMES}.items() <= seen.items()
    assert len({seen[name] for name in confine.HOMES}) == 1  # its own folder
    added = seen.keys() - given.keys()  # by Python, bubblewrap and torch, on their own
    ours = dict(v.split("=", 1) for v in Path("/proc/self/environ").read_text().split("\0") if v)
    assert not [name for name in added - {"PWD"} if ours.get(name) == seen[name]]
    assert ours.keys() - seen.keys()


def test_with_namespaces_there_is_next_to_nothing_to_see():
    if reason := walls.missing(walls.NAMESPACES):
        pytest.skip(reason)
    with (
        Zygote([Layer.NAMESPACES, Layer.SECCOMP]) as zygote,
        walls.running(zygote, SCRIPT) as worker,
    ):
        roots = {Path(path).parts[1] for path in isolation.readable()}
        assert set(walls.call(worker, "lists", "/")) <= roots | {"proc", "scratch", "tmp", "grader"}
        assert walls.call(worker, "lists", "/grader") == ["guest"]
        ours = {path.name for path in isolation.GUEST.iterdir()} - {"__pycache__"}
        assert set(walls.call(worker, "lists", "/grader/guest")) - {"__pycache__"} == ours
        assert walls.call(worker, "lists", "/proc") == walls.call(worker, "lists", "/scratch") == []
        for path in (
            "/",
            "/usr",
            "/grader",
            "/grader/guest/wire.py",
            isolation.packages()[0],
        ):
            assert not walls.call(worker, "writable", path)


def test_a_package_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setattr(isolation, "PACKAGES", ("torch", "no_such_package"))
    with pytest.raises(ImportError, match="no_such_package is not installed"):
        isolation.packages()


def test_everything_readable_exists_and_devices_are_among_it():
    assert all(os.path.lexists(path) for path in isolation.readable())
    assert "/dev/urandom" in isolation.readable()
    assert confine.SCRATCH not in isolation.readable()
