"""The doctor tries what an attacker would, shows what holds, and can fail."""

import io
from contextlib import nullcontext

import pytest
from rich.console import Console

from grader.cli import doctor
from grader.sandbox.host import attempts, isolation
from tests.support import walls

pytestmark = walls.ON_LINUX

NAMES = [*attempts.SENTENCES]


@pytest.fixture
def examined(start, monkeypatch):
    """Return a function that examines this machine as if it could enact these layers alone."""

    def examine(layers: walls.Layers) -> tuple[bool, str]:
        monkeypatch.setattr(doctor, "Zygote", lambda unsafe: nullcontext(start(layers)))
        return examination()

    return examine


def examination() -> tuple[bool, str]:
    said = io.StringIO()
    sound = doctor.examine(Console(file=said, width=200, color_system=None))
    return sound, said.getvalue()


def row(said: str, words: str) -> str:
    return next(line for line in said.splitlines() if words in line)


def test_a_machine_with_namespaces_is_sound(examined):
    sound, said = examined(walls.NAMESPACES)
    assert sound and "SUCCEEDED" not in said and "known leak" not in said
    assert "This machine can keep submissions locked in" in said
    for name in ("namespaces", "landlock", "seccomp"):
        assert "✓" in row(said, name)
    for what in ("memory", "time", "output"):
        assert "stopped" in row(said, f"use up the {what}")


def test_without_namespaces_a_leak_is_shown_with_its_remedy_and_the_machine_is_sound(examined):
    sound, said = examined(walls.DOCKER)
    assert sound and "SUCCEEDED" not in said
    assert "known leak" in row(said, "see whether a file of the course exists")
    assert said.count("known leak") == 1
    assert "chmod 700" in " ".join(said.split())
    assert "–" in row(said, "install bubblewrap")


def test_a_machine_without_walls_around_files_fails(examined):
    sound, said = examined(walls.UNSAFE)
    assert not sound
    assert "SUCCEEDED" in row(said, "read a file of the course")
    assert "Do not grade on this machine" in said


def test_a_machine_where_nothing_starts_fails(monkeypatch):
    monkeypatch.setattr(isolation, "command", lambda *_, **__: ["false"])
    sound, said = examination()
    assert not sound and "no isolation works on this machine" in said


LOCKED = {"memory": True, "time": True, "output": True}


@pytest.mark.parametrize(
    "layers, succeeds, exhausted, expected",
    [
        (walls.DOCKER, "", LOCKED, True),
        (walls.DOCKER, "finds_a_file", LOCKED, True),
        (walls.NAMESPACES, "finds_a_file", LOCKED, False),
        (walls.DOCKER, "reads_a_file", LOCKED, False),
        (walls.DOCKER, "", LOCKED | {"memory": False}, False),
        (walls.UNSAFE, "", LOCKED, False),
    ],
)
def test_one_hole_is_enough_to_fail(examined, monkeypatch, layers, succeeds, exhausted, expected):
    made = [attempts.Attempt(name, name, "in" * (name == succeeds), "out") for name in NAMES]
    monkeypatch.setattr(doctor, "attack", lambda _: made)
    monkeypatch.setattr(doctor, "exhaust", lambda _: exhausted)
    sound, said = examined(layers)
    assert sound is expected
    assert ("SUCCEEDED" in said) is (not expected and layers != walls.UNSAFE)
