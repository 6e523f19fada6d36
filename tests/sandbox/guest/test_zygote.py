"""A zygote holds no secret, has one thread, and takes all that it forked with it."""

import ctypes
import os
import select
import signal
import time
from collections.abc import Callable
from copy import copy
from pathlib import Path

import pytest
import torch

from grader.model.limits import Limits, StudentError
from grader.sandbox.guest import zygote
from grader.sandbox.guest.libc import libc
from grader.sandbox.host.sandbox import Sandbox, SandboxError
from grader.sandbox.host.zygote import Zygote
from tests.support import walls

pytestmark = walls.ON_LINUX

SCRIPT = """
import random, time
import numpy as np
import torch

def draws():
    return [torch.rand(3), random.random(), np.random.rand(), str({"a", "b", "c"})]

def threads():
    return torch.get_num_threads(), torch.get_num_interop_threads()

def sleeps():
    time.sleep(60)
"""


def parent(worker: Sandbox) -> int:
    """Return the process that has forked a worker; with bubblewrap, that is not what we started."""
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(status.split("PPid:")[1].split()[0])


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(fact: Callable[[], bool]) -> bool:
    """Whether a fact becomes true, within a time that is ample."""
    for _ in range(1000):
        if fact():
            return True
        time.sleep(0.01)
    return False


def gone(pids: set[int]) -> bool:
    """Whether all these processes end."""
    return eventually(lambda: not any(map(alive, pids)))


def test_it_has_one_thread_also_after_work(each):
    with walls.running(each, SCRIPT) as worker:
        assert walls.call(worker, "threads")[0] == 1
        assert os.listdir(f"/proc/{parent(worker)}/task") == [str(parent(worker))]


def test_optimizers_are_warm_where_submissions_train_and_nowhere_else(start):
    heavy = {"torch._dynamo", "sympy"}
    assert not heavy & set(start(walls.DOCKER).modules)
    with Zygote(list(walls.DOCKER), trains=True) as training:
        assert heavy <= set(training.modules)


@pytest.mark.parametrize("layers", [walls.NAMESPACES, walls.DOCKER], ids="+".join)
def test_an_optimizer_that_is_not_warm_works_all_the_same(start, layers):
    source = """
import torch
def trains():
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight], lr=0.5)
    weight.sum().backward()
    optimizer.step()
    return torch.autograd.grad(weight * 3, weight, torch.ones(2))[0] + weight.detach()
"""
    with walls.running(start(layers), source) as worker:
        assert torch.allclose(walls.call(worker, "trains"), torch.full((2,), 3.5).double())


def test_after_a_few_workers_it_lies_in_huge_pages_where_the_kernel_can_make_them(each):
    for _ in range(zygote.FEW):
        each.open(Limits()).close()
    with walls.running(each, SCRIPT) as worker:
        sizes = Path(f"/proc/{parent(worker)}/smaps_rollup").read_text()
    huge = int(sizes.split("AnonHugePages:")[1].split()[0])
    assert (huge > 0) == collapses()  # all 40 MB, or as much as the kernel can find in one piece


def collapses() -> bool:
    """Whether the kernel makes a huge page when it is asked to."""
    memory = ctypes.create_string_buffer(b"x" * (4 << 20))
    place = -(-ctypes.addressof(memory) // zygote.HUGE) * zygote.HUGE
    size = ctypes.c_size_t(zygote.HUGE)
    return libc.madvise(ctypes.c_void_p(place), size, zygote.MADV_COLLAPSE) == 0


def test_inside_bubblewrap_it_has_the_one_capability_that_it_needs(start):
    with walls.running(start(walls.NAMESPACES), SCRIPT) as worker:
        status = Path(f"/proc/{parent(worker)}/status").read_text()
    assert int(status.split("CapEff:")[1].split()[0], 16) == 1 << 21  # CAP_SYS_ADMIN


def test_its_workers_draw_the_same_numbers_from_the_same_seed_and_others_from_another(each):
    with walls.running(each, SCRIPT) as first, walls.running(each, SCRIPT) as second:
        fresh = [walls.call(worker, "draws") for worker in (first, second)]
        assert repr(fresh[0]) == repr(fresh[1])
        seeded = []
        for worker, seed in ((first, 1), (second, 2), (second, 1)):
            worker.begin(seed=seed, forbid=[])
            seeded.append(walls.call(worker, "draws"))
    assert repr(seeded[0]) == repr(seeded[2])
    for one, other in zip(seeded[0][:3], seeded[1][:3], strict=True):
        assert repr(one) != repr(other)


def test_a_worker_that_ends_is_reaped(each):
    with walls.running(each, SCRIPT) as worker:
        pid = worker.pid
        assert pid in walls.family(each._process.pid)
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())  # not even as a zombie


CANARY = b"canary-" + os.urandom(8).hex().encode()
"""In the memory of this process, and, below, in its environment and among its files."""
ONCE = b"written-by-" + os.urandom(8).hex().encode()


@pytest.fixture(scope="module", params=walls.ARRANGEMENTS, ids="+".join)
def own(request, tmp_path_factory):
    """A zygote of this file alone, started while a secret was everywhere around it."""
    if reason := walls.missing(request.param):
        pytest.skip(reason)
    (tmp_path_factory.mktemp("course") / CANARY.decode()).write_bytes(CANARY)
    os.environ["GRADER_TEST_SECRET"] = CANARY.decode()
    try:
        with Zygote(list(request.param)) as zygote:
            yield zygote
    finally:
        del os.environ["GRADER_TEST_SECRET"]


def test_no_secret_of_the_grader_is_in_its_memory_nor_in_a_workers(own):
    assert walls.holds(os.getpid(), CANARY)
    with walls.running(own, SCRIPT) as worker:
        for pid in (parent(worker), worker.pid):
            assert CANARY not in Path(f"/proc/{pid}/environ").read_bytes()
            assert not walls.holds(pid, CANARY)


def test_no_submission_is_in_its_memory_nor_in_another_workers(own):
    text = f'{SCRIPT}\nSAID = "{ONCE.decode()}"\n'
    with walls.running(own, text) as first, walls.running(own, SCRIPT) as second:
        assert walls.holds(first.pid, ONCE)
        assert not walls.holds(second.pid, ONCE)
        assert not walls.holds(parent(first), ONCE)
    with walls.running(own, SCRIPT) as third:
        assert not walls.holds(third.pid, ONCE)


def test_who_hangs_up_takes_their_workers_along_and_nobody_elses(own):
    here = copy(own)
    here._control = own._control.dup()  # what a fork has of it
    judge = here.shared(own.share())
    with own.open(Limits()) as others, judge.open(Limits()) as theirs:
        assert parent(theirs) == parent(others)
        judge._control.close()
        assert gone({theirs.pid})
        assert not judge.alive and own.alive
        assert alive(others.pid)
    assert theirs.there not in own._ends, "nobody else is told"


def test_who_is_killed_with_an_answer_unread_costs_nobody_else_anything(own):
    """Linux tells the other end of such a socket ECONNRESET instead of an end, see unix(7)."""
    here = copy(own)
    here._control = own._control.dup()
    judge = here.shared(own.share())
    with judge.open(Limits()) as worker:
        os.kill(worker.pid, signal.SIGKILL)
        assert select.select([judge._control], [], [], 10)[0], "the end is told, and not read"
        judge._control.close()
    with own.open(Limits()) as another:
        assert alive(another.pid) and own.alive


def test_when_it_is_killed_its_workers_end_and_the_grader_is_told(own):
    """The last test with this zygote."""
    with walls.running(own, SCRIPT) as worker:
        family = walls.family(own._process.pid)
        assert worker.pid in family
        os.kill(parent(worker), signal.SIGKILL)
        assert gone(family - {own._process.pid})
        with pytest.raises(SandboxError):
            own.open(Limits())
        with pytest.raises((SandboxError, StudentError)):
            walls.call(worker, "draws")
    assert gone(family) and not own.alive


@pytest.mark.parametrize("layers", walls.ARRANGEMENTS, ids="+".join)
def test_after_close_no_process_is_left(layers):
    if reason := walls.missing(layers):
        pytest.skip(reason)
    with Zygote([*layers]) as zygote:
        worker = zygote.open(Limits())
        family = walls.family(zygote._process.pid)
        assert worker.pid in family and len(family) >= 2
    assert gone(family)
    worker.__exit__()
