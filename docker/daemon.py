"""A Docker daemon of our own, for machines that have none running.

It lives in private mount and process namespaces, needs no bridge and changes no firewall rule. One
signal ends it, and its mounts end with it.
"""

import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

PACKAGES = {"dockerd": "docker.io", "mmdebstrap": "mmdebstrap"}
CLIENT = "/usr/bin/docker"  # of the same package: others on the path may lack BuildKit
START_SECONDS = 40


class NotHere(Exception):
    """No image can be built on this machine; the message says why."""


def install() -> None:
    """Install the builder's Debian packages where they are missing. Raises NotHere."""
    if os.geteuid() != 0:
        raise NotHere("only root can start a daemon")
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise NotHere("this is no Debian, and " + " and ".join(missing) + " are missing")
    apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run([*apt, *step], env=environment, capture_output=True, text=True)
        if done.returncode:
            raise NotHere(f"apt-get {step[0]} failed: {(done.stderr or 'it says nothing')[-300:]}")


class Daemon:
    """A running dockerd. Use as a context manager; raises NotHere if it cannot run."""

    def __init__(self, data: Path, work: Path) -> None:
        """Keep images in `data`, and everything that may go afterwards in `work`."""
        self.host = f"unix://{work}/docker.sock"
        self._log = work / "dockerd.log"
        self._cgroup = f"image-verify-{os.getpid()}"
        self._command = [
            "unshare", "--mount", "--propagation", "slave",
            "--pid", "--fork", "--kill-child=TERM", "--mount-proc",
            "dockerd", "--host", self.host, "--data-root", str(data),
            "--exec-root", str(work / "exec"), "--pidfile", str(work / "docker.pid"),
            "--storage-driver", "overlay2", "--bridge=none",
            "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
            "--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", f"/{self._cgroup}",
        ]  # fmt: skip

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        with ExitStack() as if_it_fails:
            if_it_fails.callback(self.__exit__)
            self._wait()
            if_it_fails.pop_all()
        return self

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while self.docker("version", check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > end:
                said = self._log.read_text().strip().rpartition("\n")[2]
                raise NotHere(f"dockerd does not run: {said[-300:]}")
            time.sleep(0.3)

    def docker(self, *arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the client. With `check`, raises CalledProcessError."""
        return subprocess.run(
            [CLIENT, *map(str, arguments)], check=check, capture_output=True, text=True,
            env=self.environment,
        )  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """What the client is run with."""
        return {**os.environ, "DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1"}

    def __exit__(self, *exc_info: object) -> None:
        """End the daemon by its own process id, and remove the empty control groups it leaves."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        pids = children.read_text().split() if children.exists() else []
        for pid in pids:
            subprocess.run(["kill", "-TERM", pid], check=False)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for group in Path("/sys/fs/cgroup").glob(f"**/{self._cgroup}"):
            for folder, _, _ in os.walk(group, topdown=False):
                Path(folder).rmdir()
