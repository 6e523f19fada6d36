"""An image that was built: what is said of it, what is in its layers, and how it is run."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import canaries
from daemon import CLIENT, Daemon

HARDENED = (
    "--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:rw,noexec,nosuid,nodev,size=256m",
    "--memory=2g", "--memory-swap=2g", "--pids-limit=128",
)  # fmt: skip
"""How docs/docker.md says to run the image."""
PLATFORM = ("--rm", "--network=none", "--memory=768m", "--memory-swap=768m", "--cpus=0.5")
"""What Gradescope gives a submission, as root; but for the network, which this daemon has not."""


@dataclass(frozen=True)
class Image:
    """One target of the Dockerfile."""

    daemon: Daemon
    target: str

    @property
    def tag(self) -> str:
        """Its name in the daemon."""
        return f"torch-grader:{self.target}"

    def inspect(self, form: str) -> str:
        """Return a field of its description."""
        return self.daemon.docker("image", "inspect", "-f", form, self.tag).stdout.strip()

    def history(self) -> str:
        """Return the commands that made it."""
        return self.daemon.docker("history", "--no-trunc", self.tag).stdout

    def canaries(self) -> set[str]:
        """Return the canaries in any of its layers: `docker save` does not compress them."""
        command = [CLIENT, "save", self.tag]
        with subprocess.Popen(
            command, env=self.daemon.environment, stdout=subprocess.PIPE
        ) as saving:
            found = canaries.found(_pieces(saving))
        if saving.returncode:
            raise subprocess.CalledProcessError(saving.returncode, command)
        return found

    def run(
        self, *arguments: str, options: tuple[str, ...] = (), check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a hardened container with `arguments` for its entry point."""
        return self.daemon.docker("run", *HARDENED, *options, self.tag, *arguments, check=check)

    def python(self, program: str) -> str:
        """Run a program in it and return what it prints."""
        done = self.run("-c", program, options=("--entrypoint=python",))
        return done.stdout.strip()


def _pieces(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    assert process.stdout
    while piece := process.stdout.read(1 << 24):
        yield piece
