"""A real Slurm of two machines on this one: Debian's daemons in namespaces of their own.

    node1    slurmctld and slurmd, where users log in      10.77.0.1
    node2    slurmd, in a network of its own               10.77.0.2

Both have their own host name, network and core, and share all files. Nothing is left when it is
closed: the first process of a namespace for processes takes everything with it, also what a job
has left behind, and mounts and networks go with the last process in them.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self

APART = ("unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "unshare", "nsenter", "ip", "taskset")
PACKAGES = "slurmctld slurmd slurm-client"
CORES = 8
"""What a node claims to have, so that a task of the recipe in docs/scale.md has it to itself."""
CONFIG = f"""\
ClusterName=course
SlurmctldHost=node1
SlurmUser=root
SlurmdUser=root
AuthType=auth/none
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
KillWait=2
StateSaveLocation={{folder}}/state
SlurmdSpoolDir={{folder}}/%n
SlurmctldPidFile={{folder}}/slurmctld.pid
SlurmdPidFile={{folder}}/slurmd.%n.pid
NodeName=node[1-2] CPUs={CORES} RealMemory=8192
PartitionName=all Nodes=ALL Default=YES
"""
HOSTS = "127.0.0.1 localhost\n10.77.0.1 node1\n10.77.0.2 node2\n"
BEGIN = """\
set -e
mount --bind {folder}/hosts /etc/hosts
mount -t tmpfs none /etc/slurm
cp {folder}/slurm.conf /etc/slurm
hostname node1
unshare --net --uts sh -c 'hostname node2; exec sleep infinity' &
until [ "$(nsenter --target $! --uts hostname)" = node2 ]; do sleep 0.01; done
ip link set lo up
ip link add to2 type veth peer name to1
ip link set to1 netns $!
ip address add 10.77.0.1/24 dev to2
ip link set to2 up
node2="nsenter --target $! --net --uts"
$node2 ip link set lo up
$node2 ip address add 10.77.0.2/24 dev to1
$node2 ip link set to1 up
slurmctld -D &
taskset --cpu-list {first} slurmd -D &
$node2 taskset --cpu-list {last} slurmd -D &
exec sleep infinity
"""
PATIENCE = 180
"""Seconds after which a job is not expected to end any more; each test takes a fifth of that."""


@cache
def missing() -> str:
    """Return why there can be no Slurm here, or nothing."""
    if lacking := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"there is no {', '.join(lacking)} here: apt-get install {PACKAGES} (Debian)"
    try_it = [*APART, "ip", "link", "add", "one", "type", "veth", "peer", "name", "other"]
    done = subprocess.run(try_it, capture_output=True, text=True)
    return f"namespaces are not allowed here: {done.stderr.strip()}" if done.returncode else ""


class Slurm:
    """Two nodes and their queue, as somebody sees them who has logged in to the first."""

    def __init__(self, folder: Path) -> None:
        """Write into a folder what all nodes share."""
        self.folder = folder
        self.log = folder / "daemons.log"
        for name in ("state", "node1", "node2"):
            (folder / name).mkdir(parents=True)
        (folder / "slurm.conf").write_text(CONFIG.format(folder=folder))
        (folder / "hosts").write_text(HOSTS)

    def __enter__(self) -> Self:
        cores = sorted(os.sched_getaffinity(0))
        begin = BEGIN.format(folder=self.folder, first=cores[0], last=cores[-1])
        with self.log.open("w") as log:
            self._all = subprocess.Popen([*APART, "bash", "-c", begin], stdout=log, stderr=log)
        try:
            children = Path(f"/proc/{self._all.pid}/task/{self._all.pid}/children")
            self.until(lambda: children.read_text().split())
            self._first = children.read_text().split()[0]
            self.until(lambda: "2 idle" in self.ask("sinfo -h -o '%D %T'", check=False))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._all.kill()  # and with it the first process, and with that all others
        self._all.wait()

    def start(self, script: str, **others: object) -> subprocess.Popen[str]:
        """Start commands of a shell on the first node."""
        inside = ["nsenter", "--target", self._first, "--mount", "--net", "--uts", "--pid"]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.Popen(
            [*inside, "bash", "-ec", f"cd {self.folder}\n{script}"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PATH": path},
            **others,
        )  # fmt: skip

    def ask(self, script: str, *, check: bool = True) -> str:
        """Run commands of a shell on the first node; return what they print."""
        process = self.start(script)
        said, _ = process.communicate(timeout=PATIENCE)
        assert not check or process.returncode == 0, f"{script}\n{said}"
        return said.strip()

    def until(self, happens: Callable[[], object]) -> None:
        """Wait for something."""
        deadline = time.monotonic() + PATIENCE
        while not happens():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def about(self, job: str) -> dict[str, str]:
        """Return what Slurm says of a job or of a task of an array."""
        said = self.ask(f"scontrol --oneliner show job {shlex.quote(job)}")
        return dict(word.partition("=")[::2] for word in said.split() if "=" in word)
