"""The layers of the sandbox: what each takes away, how to see that it holds, how to get it.

A new layer is an entry here, and a step in confine.py that puts it in force. Doctor, reports, the
floor and the proof that the kernel gives follow from the entry.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Self

from . import landlock

OPEN_FILES = 64  # socket buffers are not address space: 64 descriptors hold some 13 MB at most
FIRST_USER = 200_000  # beyond the ids that systems hand out


def status(pid: int) -> dict[str, list[str]]:
    """Return what the kernel says of a process, e.g. ``{"Seccomp": ["2"]}``, see proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: rest.split() for name, _, rest in (line.partition(":") for line in lines)}


def _limited(pid: int) -> bool:
    """Whether a process may open as few files as a worker, and leaves no core."""
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    most = {line[:25].strip(): line[25:].split()[:2] for line in limits}
    few = [str(OPEN_FILES)] * 2
    return (most["Max open files"], most["Max core file size"]) == (few, ["0", "0"])


def _first_of_its_namespace(pid: int) -> bool:
    numbers = status(pid)["NSpid"]  # one in each namespace, ours first
    return len(numbers) >= 3 and numbers[-1] == "1"


class Layer(StrEnum):
    """A layer. Its value is its name between processes; the order is that of reports."""

    takes_away: str
    remedy: str
    """What to do where a machine lacks it."""
    walls_off_files: bool
    """Whether nothing but Python and its packages can be opened."""
    confirmed: Callable[[int], bool]
    """Whether the kernel confirms that it holds for the process with this pid."""

    def __new__(
        cls, name: str, takes_away: str, remedy: str, walls_off_files: bool,
        confirmed: Callable[[int], bool],
    ) -> Self:  # fmt: skip
        """Make an entry."""
        layer = str.__new__(cls, name)
        layer._value_ = name
        layer.takes_away, layer.remedy = takes_away, remedy
        layer.walls_off_files, layer.confirmed = walls_off_files, confirmed
        return layer

    RLIMITS = (
        "rlimits",
        "address space, CPU time, file size, 64 descriptors, core dumps",
        "every Linux has them",
        False,
        _limited,
    )
    NAMESPACES = (
        "namespaces",
        "all files but Python and its packages; the network; other processes",
        "install bubblewrap (apt install bubblewrap) and allow user namespaces; on Ubuntu 23.10 "
        "and later AppArmor must let bwrap make them. Docker's default profile does not: fine "
        "there, if landlock holds",
        True,
        _first_of_its_namespace,
    )
    LANDLOCK = (
        "landlock",
        "files again, where namespaces do not work; TCP; signals",
        "needs Linux 5.13 or later with landlock among the LSMs; Docker 20.10.18 or later",
        True,
        lambda _: True,  # no entry in /proc: its word is that of landlock_restrict_self(2)
    )
    USER = (
        "user",
        "what belongs to the grader's user: a user id per worker",
        "used for root without namespaces only; needs packages that other users can read",
        True,
        lambda pid: int(status(pid)["Uid"][0]) >= FIRST_USER,
    )
    SECCOMP = (
        "seccomp",
        "fork, exec, sockets, ptrace, mount, memfd, io_uring: 120 system calls are left",
        "needs a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
        False,
        lambda pid: status(pid)["Seccomp"] == ["2"],
    )

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the layer that has this value. Raises KeyError."""
        return {str(layer): layer for layer in cls}[name]

    def holds(self, pid: int) -> bool:
        """Whether it holds for a process, which has no capabilities and cannot get any."""
        said = status(pid)
        powerless = int(said["CapEff"][0], 16) == 0 and said["NoNewPrivs"] == ["1"]
        return powerless and self.confirmed(pid)

    def described(self) -> str:
        """Return its name for reports, with its version if it has one: ``"landlock 7"``."""
        return f"{self} {landlock.version()}" if self is Layer.LANDLOCK else self.value
