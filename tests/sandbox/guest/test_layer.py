"""A layer counts where the kernel confirms it, and every one says what it is for."""

import os

import pytest

from grader.model.limits import Limits
from grader.sandbox.guest import landlock
from grader.sandbox.guest.layer import Layer
from grader.sandbox.host import isolation
from tests.support import walls

pytestmark = walls.ON_LINUX


@pytest.mark.parametrize("layers", walls.ARRANGEMENTS, ids="+".join)
def test_the_kernel_confirms_every_layer_that_was_put_in_force_and_no_other(start, layers):
    zygote = start(layers)
    assert set(zygote.layers) == {Layer.RLIMITS, *layers}
    assert isolation.enough(zygote.layers)
    with zygote.open(Limits()) as worker:
        unprovable = {Layer.LANDLOCK}  # see its entry
        assert {layer for layer in Layer if layer.holds(worker.pid)} == {
            *zygote.layers,
            *unprovable,
        }


def test_a_layer_that_the_kernel_does_not_confirm_does_not_count():
    assert not [layer for layer in Layer if layer.holds(os.getpid())]


def test_without_seccomp_nothing_counts_as_seccomp(start):
    with start(walls.UNSAFE).open(Limits()) as worker:
        assert [layer for layer in Layer if layer.holds(worker.pid)] == [
            Layer.RLIMITS, Layer.LANDLOCK, Layer.SECCOMP,
        ]  # fmt: skip


@pytest.mark.parametrize("layer", Layer)
def test_every_layer_says_what_it_takes_away_and_how_to_get_it(layer):
    assert Layer(layer.value) is layer  # its name crosses the border
    assert layer.takes_away and layer.remedy


def test_a_report_names_the_version_of_landlock_alone():
    assert Layer.LANDLOCK.described() == f"landlock {landlock.version()}"
    assert Layer.SECCOMP.described() == "seccomp"


def test_a_report_says_what_holds_and_what_was_tried(zygote):
    assert zygote.walls() == tuple(layer.described() for layer in zygote.layers)
    zygote.proof = "12 of 12"
    try:
        assert zygote.walls()[-1] == "12 of 12"
    finally:
        zygote.proof = ""
