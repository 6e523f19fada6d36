"""Judges on other machines, over dask.distributed: a second way to hand out work, see grade.py.

    client     this process: reads submissions, hands out their bytes, writes the store; nobody else
    scheduler  dask's: knows which worker has what, and gives the work of a dead worker to another
    worker     dask's, one per machine or per core; keeps a judge, with its zygote, for each thread

The assignment goes to every worker once, by its digest; then a submission there as bytes, and a
Report back as JSON. dask itself pickles our own names and bytes between these processes, which must
all be the course team's: whoever reaches a scheduler commands its workers. A submission is bytes
to all of them, and runs in the same sandbox as on one machine.
"""

import contextlib
import multiprocessing
import os
import shutil
import tempfile
from asyncio import CancelledError
from collections import deque
from collections.abc import Generator, Iterator, Set
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from uuid import uuid4

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, as_completed, get_worker

from ..intake.submission import Refused, Submission
from ..model.verdict import Report
from ..store.as_json import pack, pack_results, unpack, unpack_results
from .bundle import Kit
from .grade import grade, lost
from .job import CannotJudge, Orders, Work

AHEAD = 2
"""Submissions per thread that are under way, so that a worker need not wait for the next one."""
WAIT_SECONDS = 60
"""For the scheduler, and for the first worker."""


def grade_on(address: str, works: Iterator[Work], orders: Orders) -> Generator[Report, None, None]:
    """Yield a Report for each submission, as they are finished.

    A submission that costs as many workers as dask allows (3) is reported as grader_error. Raises
    CannotJudge where there is no scheduler or worker, or no judge can work.
    """
    kit = Kit.pack(orders)
    try:
        client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CannotJudge(f"no dask scheduler answers at {address}: {error}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except TimeoutError:
            raise CannotJudge(f"the scheduler at {address} has no worker") from None
        client.register_plugin(Judges(kit))
        try:
            yield from _grade(client, works, orders, kit.digest)
        except (OSError, CancelledError):
            raise CannotJudge(
                f"the scheduler at {address} is gone; what was judged is kept, and the same "
                "command goes on"
            ) from None
        finally:
            with contextlib.suppress(OSError):
                client.unregister_worker_plugin(_name(kit.digest))


def _grade(client: Client, works: Iterator[Work], orders: Orders, digest: str) -> Iterator[Report]:
    """Keep the workers busy, with few submissions under way: memory here and there stays small."""
    under_way: dict[str, tuple[Future, Work]] = {}
    finished = as_completed(loop=client.loop)

    def hand_out() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values())) - len(under_way)
        for work in islice(works, max(0, room)):
            future = _submit(client, work, digest)
            under_way[future.key] = future, work
            finished.add(future)

    hand_out()
    for future in finished:
        _, work = under_way.pop(future.key)
        error = future.exception()
        if isinstance(error, KilledWorker):
            yield lost(work, orders)
        elif error:
            raise error
        else:
            yield unpack(future.result())
        hand_out()


def _submit(client: Client, work: Work, digest: str) -> Future:
    """Hand out a submission, or why it was refused here, or nothing if we cannot read it."""
    data: bytes | None = b""
    refused = ""
    try:
        data = Submission.read(work.path, work.student).data
    except Refused as error:
        refused = str(error)
    except OSError:  # our fault, and no reason to think that the scheduler is gone
        data = None
    return client.submit(
        judge, digest, work.student, work.path.name, data, pack_results(work.kept), refused,
        key=f"judge-{uuid4().hex}", pure=False,
    )  # fmt: skip


def judge(
    digest: str, student: str, file: str, data: bytes | None, kept: bytes, refused: str
) -> bytes:
    """Judge a submission on a worker and return its Report as JSON.

    Where the client could not read the file, there is none here either: grader_error.
    """
    judges: Judges = get_worker().plugins[_name(digest)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        if data is not None:
            path.write_bytes(data)
        return pack(judges.judge(Work(student, path, unpack_results(kept), refused)))


class Judges(WorkerPlugin):  # type: ignore[misc]
    """A judge for each thread of a worker, as long as the client is there."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.name = _name(kit.digest)

    def setup(self, worker: Worker) -> None:
        """Unpack the assignment. Judges start with their first submissions."""
        where = worker.local_directory  # which dask clears, even after a worker that was killed
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=where))  # mode 0700
        orders = self.kit.unpack(self._folder)
        # Nannies make daemons of their workers, and daemons may have no children, lest they stay
        # behind. A judge does not: it ends when its worker does, however that may be.
        multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        threads, cores = worker.state.nthreads, sorted(os.sched_getaffinity(0))
        own = [{core} for core in cores] if threads == len(cores) else [set(cores)] * threads
        self._over = False
        self._free: SimpleQueue[Chair] = SimpleQueue()
        for where in own:
            self._free.put(Chair(orders, where))

    def teardown(self, worker: Worker) -> None:
        """Let all judges go; who is busy goes when done."""
        self._over = True
        with contextlib.suppress(Empty):
            while True:
                self._free.get_nowait().close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def judge(self, work: Work) -> Report:
        """Give a submission to a judge who is free, and wait. Raises CannotJudge."""
        chair = self._free.get()
        try:
            return chair.judge(work)
        finally:
            if self._over:
                chair.close()
            else:
                self._free.put(chair)


class Chair:
    """A place for one judge at a time: where one dies, `grade` brings in the next."""

    def __init__(self, orders: Orders, cores: Set[int]) -> None:
        self._orders, self._cores = orders, cores
        self._coming: deque[Work] = deque()
        self._reports = self._grade()

    def judge(self, work: Work) -> Report:
        """Return the Report of a submission. Raises CannotJudge."""
        self._coming.append(work)
        try:
            return next(self._reports)
        except BaseException:  # it has ended with that
            self._reports = self._grade()
            raise

    def close(self) -> None:
        """Let the judge go."""
        self._reports.close()

    def _grade(self) -> Generator[Report, None, None]:
        """Have a judge for whatever comes; the next one is asked for once the last is reported."""
        works = iter(self._coming.popleft, None)
        return grade(works, self._orders, 1, [self._cores])


def _name(digest: str) -> str:
    return f"grader-{digest}"
