"""The attempts to break out succeed where there are no walls, and nothing is graded there."""

import os
from pathlib import Path

import pytest

from grader.sandbox.guest.layer import Layer
from grader.sandbox.host import attempts
from grader.sandbox.host.sandbox import SandboxError
from grader.sandbox.host.zygote import Zygote
from tests.support import walls

pytestmark = walls.ON_LINUX

NAMES = [*attempts.SENTENCES]
HIDE_PATHS = {Layer.NAMESPACES, Layer.USER}


@pytest.fixture(scope="module")
def bare():
    """What the attempts get where only rlimits hold: the positive control of the examination."""
    with Zygote([], unsafe=True) as zygote:
        return attempts.attack(zygote)


PTRACE = {"reads_the_environment", "traces"}


@pytest.mark.parametrize("name", NAMES)
def test_every_attempt_succeeds_in_an_ordinary_process(bare, name):
    """Otherwise it proves nothing that it is stopped."""
    yama = Path("/proc/sys/kernel/yama/ptrace_scope")
    if name == "traces" and os.geteuid() and yama.exists() and yama.read_text() != "0\n":
        pytest.skip("Yama lets only root attach to a process that is not its child")
    assert next(a for a in bare if a.name == name).outside


@pytest.mark.parametrize("name", NAMES)
def test_every_attempt_succeeds_in_a_worker_without_walls(bare, name):
    if name in PTRACE:
        pytest.skip("stopped by the capabilities alone, which every worker gives up")
    assert next(a for a in bare if a.name == name).inside


def test_every_attempt_is_stopped_where_the_walls_stand(each):
    known = set() if HIDE_PATHS & set(each.layers) else set(attempts.LEAKS)
    assert {attempt.name for attempt in attempts.attack(each) if attempt.inside} == known


def test_every_attempt_says_what_it_is():
    assert all(attempts.SENTENCES.values())
    assert set(attempts.LEAKS) <= set(NAMES)


def test_what_was_tried_goes_into_reports_and_a_hole_ends_the_grading(each, start):
    said = attempts.prove(each)
    leaks = 0 if HIDE_PATHS & set(each.layers) else len(attempts.LEAKS)
    assert said == f"{len(NAMES) - leaks} of {len(NAMES)} attempts to break out stopped"
    bare = start(walls.UNSAFE)
    with pytest.raises(SandboxError, match=r"could break out on this machine .*reads_a_file"):
        attempts.prove(bare)
    assert "attempts to break out stopped" in attempts.prove(bare, unsafe=True)
