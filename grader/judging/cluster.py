"""Judges on other machines, over dask.distributed: a second way to hand out work, see grade.py.

    client     this process: reads submissions, hands out their bytes, writes the store; nobody else
    scheduler  dask's: knows which worker has what, and gives the work of a dead worker to another
    worker     dask's, one per machine or per core; keeps a judge, with its zygote, for each thread

The assignment goes to every worker once, by its digest; then a submission there as bytes, and a
Judgement back as JSON. dask itself pickles our own names and bytes between these processes, which
must all be the course team's, see scheduler.py. A submission is
bytes to all of them, and runs in the same sandbox as on one machine.
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
from distributed.security import Security

from ..intake.submission import Refused, Submission
from ..model.judgement import Judgement
from ..model.message import Message
from ..store.as_json import pack, pack_results, unpack, unpack_results
from .bundle import JobBundle
from .grade import grade, lost
from .job import CannotJudge, Job, Task
from .scheduler import Scheduler

AHEAD = 2
"""Submissions per thread that are under way, so that a worker need not wait for the next one."""
WAIT_SECONDS = 60
"""For the scheduler, and for the first worker."""


def grade_on(
    scheduler: Scheduler, tasks: Iterator[Task], job: Job
) -> Generator[tuple[Task, Judgement], None, None]:
    """Yield each task with the Judgement, as they are finished.

    A submission that costs as many workers as dask allows (3) is reported as grader_error. Raises
    CannotJudge if there is no scheduler or worker, or no judge can work.
    """
    bundle, address = JobBundle.pack(job), scheduler.address
    client = _client(scheduler)
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT_SECONDS)
        except TimeoutError:
            none = Message("the scheduler at {address} has no worker", address=address)
            raise CannotJudge(none) from None
        client.register_plugin(Judges(bundle))
        try:
            yield from _grade(client, tasks, job, bundle.digest)
        except (OSError, CancelledError):
            raise CannotJudge(
                Message(
                    "the scheduler at {address} is gone; what was judged is kept, and the same "
                    "command goes on",
                    address=address,
                )
            ) from None
        finally:
            with contextlib.suppress(OSError):
                client.unregister_worker_plugin(_name(bundle.digest))


def _client(scheduler: Scheduler) -> Client:
    """Connect to a scheduler. Raises CannotJudge."""
    made_with = scheduler.security
    try:
        security = Security(**made_with) if made_with else None
        known = security.get_tls_config_for_role("client") if security else {}
        if security and not all(map(known.get, ("ca_file", "cert", "key"))):
            raise CannotJudge(
                Message(
                    "{address} needs certificates: --tls-ca-file, --tls-cert and --tls-key, the "
                    "files that its workers were started with",
                    address=scheduler.address,
                )
            )
        return Client(
            scheduler.address, timeout=WAIT_SECONDS, set_as_default=False, security=security
        )
    except (OSError, ValueError) as error:
        raise CannotJudge(
            Message(
                "no dask scheduler answers at {address}: {error}",
                address=scheduler.address,
                error=f"{error}",
            )
        ) from None


def _grade(
    client: Client, tasks: Iterator[Task], job: Job, digest: str
) -> Iterator[tuple[Task, Judgement]]:
    """Keep the workers busy, with few submissions under way: memory here and there stays small."""
    under_way: dict[str, tuple[Future, Task]] = {}
    finished = as_completed(loop=client.loop)

    def hand_out() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values())) - len(under_way)
        for task in islice(tasks, max(0, room)):
            future = _submit(client, task, digest)
            under_way[future.key] = future, task
            finished.add(future)

    hand_out()
    for future in finished:
        _, task = under_way.pop(future.key)
        error = future.exception()
        if isinstance(error, KilledWorker):
            yield task, lost(job)
        elif error:
            raise error
        else:
            yield task, unpack(future.result())
        hand_out()


def _submit(client: Client, task: Task, digest: str) -> Future:
    """Hand out a submission, or why it was refused here, or nothing if we cannot read it."""
    data: bytes | None = b""
    refused = ""
    try:
        data = Submission.read(task.path).data
    except Refused as error:
        refused = str(error)
    except OSError:  # our fault, and no reason to think that the scheduler is gone
        data = None
    return client.submit(
        judge, digest, task.path.name, data, pack_results(task.kept), refused,
        key=f"judge-{uuid4().hex}", pure=False,
    )  # fmt: skip


def judge(digest: str, file: str, data: bytes | None, kept: bytes, refused: str) -> bytes:
    """Judge a submission on a worker and return its Judgement as JSON.

    Where the client could not read the file, there is none here either: grader_error.
    """
    judges: Judges = get_worker().plugins[_name(digest)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        if data is not None:
            path.write_bytes(data)
        return pack(judges.judge(Task(path, kept=unpack_results(kept), refused=refused)))


class Judges(WorkerPlugin):  # type: ignore[misc]
    """A judge for each thread of a worker, as long as the client is there."""

    def __init__(self, bundle: JobBundle) -> None:
        self.bundle = bundle
        self.name = _name(bundle.digest)

    def setup(self, worker: Worker) -> None:
        """Unpack the assignment. Judges start with their first submissions."""
        where = worker.local_directory  # which dask clears, even after a worker that was killed
        self._folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=where))  # mode 0700
        job = self.bundle.unpack(self._folder)
        # Nannies make daemons of their workers, and daemons may have no children, lest they stay
        # behind. A judge does not: it ends when its worker does, however that may be.
        multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
        threads, cores = worker.state.nthreads, sorted(os.sched_getaffinity(0))
        own = [{core} for core in cores] if threads == len(cores) else [set(cores)] * threads
        self._over = False
        self._free: SimpleQueue[Chair] = SimpleQueue()
        for where in own:
            self._free.put(Chair(job, where))

    def teardown(self, worker: Worker) -> None:
        """Let all judges go; who is busy goes when done."""
        self._over = True
        with contextlib.suppress(Empty):
            while True:
                self._free.get_nowait().close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def judge(self, task: Task) -> Judgement:
        """Give a submission to a judge who is free, and wait. Raises CannotJudge."""
        chair = self._free.get()
        try:
            return chair.judge(task)
        finally:
            if self._over:
                chair.close()
            else:
                self._free.put(chair)


class Chair:
    """A place for one judge at a time: where one dies, `grade` brings in the next."""

    def __init__(self, job: Job, cores: Set[int]) -> None:
        self._job, self._cores = job, cores
        self._coming: deque[Task] = deque()
        self._judged = self._grade()

    def judge(self, task: Task) -> Judgement:
        """Return the Judgement of a submission. Raises CannotJudge."""
        self._coming.append(task)
        try:
            return next(self._judged)[1]
        except BaseException:  # it has ended with that
            self._judged = self._grade()
            raise

    def close(self) -> None:
        """Let the judge go."""
        self._judged.close()

    def _grade(self) -> Generator[tuple[Task, Judgement], None, None]:
        """Have a judge for whatever comes; the next one is asked for once the last is judged."""
        tasks = iter(self._coming.popleft, None)
        return grade(tasks, self._job, 1, [self._cores])


def _name(digest: str) -> str:
    return f"grader-{digest}"
