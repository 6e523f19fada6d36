"""The fork server: a process with torch imported and warmed up that waits and forks workers.

Theory of operation
-------------------
    grader   trusted; starts the zygote as a fresh program, so that nothing secret was ever in
             its memory (a secret loaded and then deleted was still found after a fork)
    zygote   imports torch once, warms up what submissions use, then waits. One thread, always:
             a fork copies only the thread that calls it, and locks held by others stay locked
    worker   forked per submission; confines itself (confine.py), then serves (worker.py)

The zygote reads a SEQPACKET socket of each judge. A request brings two descriptors: the worker's
end of a socket pair, on which the judge talks to the worker alone, and a memfd that takes what the
submission prints. It answers with a pidfd, and reports the end of that judge's workers to nobody
else. A judge that hangs up ends its workers. The first socket may bring in others, for judges that
have been forked; when it is closed, all is over.
"""

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from . import confine, scratch, seccomp, siblings, whereabouts, wire, worker
from .layer import Layer
from .libc import check, libc
from .notebook import device

HUGE, MADV_COLLAPSE = 2 << 20, 25  # linux/mman.h
FEW = 12
"""Workers, about those of two submissions, for which it does not pay to move memory first."""


def main(
    control: socket.socket, layer_names: list[str], readable: list[str], place: str, *, trains: bool
) -> None:
    """Serve fork requests on `control` until the grader hangs up.

    Workers have their folders below `place`, where no namespaces give them one.
    """
    layers = [Layer.named(name) for name in layer_names]
    torch.set_num_threads(1)
    torch.set_num_threads = _one_thread  # a second one would end the process (seccomp.py)
    warm_up(trains=trains)
    device.cpu_only()
    whereabouts.tell()
    if Layer.NAMESPACES in layers:
        seccomp.program(True, 1)  # cached: every worker is process 1 of its own namespace
    space = confine.size()
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    gc.collect()
    gc.freeze()  # a full collection in an unfrozen child touches every page: 101 ms
    gc.disable()
    control.send(json.dumps({"ready": os.getpid(), "modules": sorted(sys.modules)}).encode())
    names = count()
    poll = select.poll()
    controls = {control.fileno(): control}
    workers: dict[int, Worker] = {}
    poll.register(control, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready in workers:
                poll.unregister(ready)
                _report_end(ready, workers.pop(ready))
                continue
            asking = controls[ready]
            try:
                data, fds, _, _ = socket.recv_fds(asking, 1 << 16, 2)
            except ConnectionResetError:  # a judge that was killed has left answers unread
                data, fds = b"", []
            if not data:
                if asking is control:
                    if place:
                        scratch.clear(place)
                    return
                poll.unregister(ready)
                controls.pop(ready).close()
                for pidfd in [fd for fd, worker in workers.items() if worker.control is asking]:
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                continue
            request = json.loads(data)
            if "join" in request:
                joining = socket.socket(fileno=fds[0])
                controls[fds[0]] = joining
                poll.register(joining, select.POLLIN)
                continue
            number, folder = next(names), confine.SCRATCH
            if number == FEW:
                _use_huge_pages()
            slot = number % 10_000
            if place:
                user = confine.user(slot) if Layer.USER in layers else None
                folder = scratch.make(place, f"{number}", user)
            pid = _fork(request, fds, layers, readable, space, own, slot, folder)
            for fd in fds:
                os.close(fd)
            pidfd = os.pidfd_open(pid)
            workers[pidfd] = Worker(pid, asking, folder if place else "")
            poll.register(pidfd, select.POLLIN)
            started = {"pid": pid, "folder": folder if place else ""}
            with contextlib.suppress(OSError):  # the judge may be gone by now
                socket.send_fds(asking, [json.dumps(started).encode()], [pidfd])


class Worker(NamedTuple):
    """A worker that runs, the socket of who asked for it, and its folder if it was given one."""

    pid: int
    control: socket.socket
    folder: str


def warm_up(*, trains: bool) -> None:
    """Run once what submissions will run, so that forked workers start warm.

    Measured: the first LSTM in a fork costs 50 ms cold and 3.5 ms after this. Optimizers only where
    an assignment `trains`: the first imports torch._dynamo and sympy, 1.5 s and 70 MB per zygote.
    """
    torch.set_default_dtype(torch.float64)
    x = torch.randn(2, 3, 4, requires_grad=True)
    linear, lstm = nn.Linear(4, 4), nn.LSTM(4, 4, batch_first=True)
    mask = torch.ones(3, 3).tril().bool()
    for _ in range(2):
        q = linear(x).view(2, 3, 2, 2).transpose(1, 2)
        scores = (q @ q.transpose(-2, -1) / 2).masked_fill(~mask, -torch.inf)
        mixed = nn.functional.dropout(scores.softmax(dim=-1)) @ q
        merged = torch.cat([h.tanh().sigmoid() for h in mixed.unbind(1)], dim=-1).contiguous()
        mean = torch.stack(merged.chunk(2, dim=-1)).permute(1, 2, 0, 3).reshape(2, 3, 4)
        out = lstm(mean + torch.einsum("btd,bsd->bts", x, x).exp().sum(-1, keepdim=True))[0]
        loss = nn.functional.cross_entropy(out[:, -1], torch.tensor([0, 1]))
        torch.autograd.grad(loss, [x, linear.weight], retain_graph=True)
        loss.backward()  # type: ignore[no-untyped-call]
    if trains:
        warm_optimizers()
    siblings.survey()
    str(x)
    np.random.seed(0)  # imports numpy.random


def warm_optimizers() -> None:
    """Make the imports that the first step of an optimizer makes."""
    parameter = nn.Parameter(torch.ones(1))
    parameter.grad = torch.ones(1)
    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        optimizer([parameter], lr=0.1).step()


def _use_huge_pages() -> None:
    """Move memory into pages of 2 MB, see MADV_COLLAPSE in madvise(2); before Linux 6.1, nothing.

    A fork copies an entry for every page, and its end removes them: 17 ms of CPU time for a
    worker that does nothing, and 8 with large pages. Moving takes 0.2 s.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, access, _, _, _, *name = line.split()
        if access == "rw-p" and name in ([], ["[heap]"]):
            begin, end = (int(address, 16) for address in addresses.split("-"))
            for place in range(-(-begin // HUGE) * HUGE, end - HUGE + 1, HUGE):
                libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(HUGE), MADV_COLLAPSE)


def _one_thread(nthreads: int) -> None:
    """Take the place of torch.set_num_threads, which notebooks call."""


def _fork(
    request: dict[str, Any],
    fds: list[int],
    layers: list[Layer],
    readable: list[str],
    space: int,
    own: int,
    slot: int,
    folder: str,
) -> int:
    """Fork a worker and return its pid as the zygote sees it."""
    if (threads := len(os.listdir("/proc/self/task"))) != 1:
        raise RuntimeError(f"the zygote has {threads} threads; a fork would copy their locks")
    isolated = Layer.NAMESPACES in layers
    if isolated:  # the next child is process 1 of a new pid namespace, in a single fork
        check(libc.unshare(confine.CLONE_NEWPID), "unshare pid")
    if (pid := os.fork()) == 0:
        try:
            os.setsid()
            os.sched_setaffinity(0, request["cores"])
            sock = _tidy(fds)
            try:
                held = confine.confine(
                    layers, readable, space + (request["memory_mb"] << 20),
                    request["seconds"], slot, folder,
                )  # fmt: skip
            except OSError as error:
                wire.send(sock, {"failed": str(error)})
                os._exit(1)
            gc.enable()
            wire.send(sock, {"layers": [layer.value for layer in held]})
            worker.serve(sock)
        except MemoryError:
            os._exit(worker.NO_MEMORY)
        finally:
            os._exit(0)
    if isolated:
        check(libc.setns(own, confine.CLONE_NEWPID), "setns")
    return pid


def _tidy(fds: list[int]) -> socket.socket:
    """Keep only descriptors 0-3: nothing to read, the memfd twice, and the grader's socket."""
    sock, output = fds
    null = os.open("/dev/null", os.O_RDONLY)
    for old, new in ((null, 0), (output, 1), (output, 2), (sock, 3)):
        os.dup2(old, new)
    os.closerange(4, 4096)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return socket.socket(fileno=3)


def _report_end(pidfd: int, worker: Worker) -> None:
    """Reap a worker, clear its folder away and tell who asked for it how it ended."""
    os.close(pidfd)
    _, status, usage = os.wait4(worker.pid, 0)
    if worker.folder:
        scratch.clear(worker.folder)
    end: dict[str, Any] = {
        "end": worker.pid,
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "memory_mb": usage.ru_maxrss >> 10,
    }
    with contextlib.suppress(OSError):
        worker.control.send(json.dumps(end).encode())
