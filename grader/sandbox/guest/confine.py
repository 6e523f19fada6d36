"""How a worker confines itself before it sees a submission: it gives up all it will not need.

Theory of operation
-------------------
Runs in the freshly forked worker, in this order, each step taking away the right to undo it:
    folder        a private tmpfs in a mount namespace of its own (inside bubblewrap), or a folder
    rlimits       address space, CPU seconds, file size, descriptors, no core dump
    landlock      read Python and its packages, write the tmpfs; no TCP, no signals to others
    user          as root without namespaces: another user id for every worker
    capabilities  none, and no_new_privs
    seccomp       an allow-list of system calls without fork, exec, socket, ptrace (seccomp.py)

Not covered: bugs in the kernel, and covert channels through timing and CPU load.
"""

import ctypes
import os
import resource
import struct
import tempfile

from . import landlock, seccomp
from .layer import FIRST_USER, OPEN_FILES, Layer
from .libc import check, libc
from .scratch import MOST_FILES, MOST_MB

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWPID = 0x20000000
MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 38, 47, 4
SCRATCH = "/scratch"
"""The private folder of a worker inside bubblewrap; elsewhere, it has one as scratch.py says."""
FILE_MB = 16
"""For one file. Without namespaces, files that are deleted and still open are bounded so alone."""
HOMES = ("HOME", "TMPDIR", "TORCHINDUCTOR_CACHE_DIR")
"""Where a program that asks the environment finds a place to write."""


def confine(
    layers: list[Layer], readable: list[str], address_space: int, seconds: int, slot: int,
    folder: str,
) -> list[Layer]:  # fmt: skip
    """Put `layers` in force in this process and return those that hold.

    layers         which to apply; limits always apply
    readable       paths that Python and its packages need
    address_space  in bytes: what the warm process has, and what a submission may add
    seconds        total CPU seconds, a backstop: the grader counts them per check
    slot           number of this worker among those alive, for the user id
    folder         its own, where it works and may write; it already exists

    Raises OSError if a requested layer cannot be applied.
    """
    if Layer.NAMESPACES in layers:
        _private_folder()
    os.chdir(folder)
    os.environ |= dict.fromkeys(HOMES, folder)
    _limit(address_space, seconds)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    if Layer.LANDLOCK in layers:
        landlock.restrict(readable, [folder])
    _bound_capabilities()
    if Layer.USER in layers:
        _change_user(user(slot))
    _drop_capabilities()
    check(libc.prctl(PR_SET_PDEATHSIG, 9), "prctl(PR_SET_PDEATHSIG)")  # a new user clears it
    check(libc.prctl(PR_SET_DUMPABLE, 0), "prctl(PR_SET_DUMPABLE)")
    if Layer.SECCOMP in layers:
        seccomp.load(seccomp.program(truncates(layers), os.getpid()))
    tempfile.tempdir = None  # `import torch` cached the zygote's
    return [layer for layer in Layer if layer in (Layer.RLIMITS, *layers)]


def user(slot: int) -> int:
    """Return the user id of a worker, if each has its own."""
    return FIRST_USER + slot


def truncates(layers: list[Layer]) -> bool:
    """Whether files may be opened to be emptied: a layer around files governs that as well."""
    if Layer.NAMESPACES in layers:
        return True
    return landlock.version() >= 3 if Layer.LANDLOCK in layers else Layer.USER in layers


def size() -> int:
    """Return the address space that this process has now, in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _private_folder() -> None:
    """Mount an empty, small folder that no other worker sees, and hide /proc."""
    check(libc.unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS), "unshare")
    options = f"size={MOST_MB}m,nr_inodes={MOST_FILES},mode=700".encode()
    flags = ctypes.c_ulong(MS_NOSUID | MS_NODEV)
    check(libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", flags, options), "mount")
    check(libc.umount2(b"/proc", MNT_DETACH), "umount /proc")


def _limit(address_space: int, seconds: int) -> None:
    """Set resource limits, see setrlimit(2). RLIMIT_DATA would miss shared mappings."""
    for limit, value in {
        resource.RLIMIT_AS: address_space,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: FILE_MB << 20,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 64,
    }.items():
        resource.setrlimit(limit, (value, value))


def _bound_capabilities() -> None:
    """Give up what exec could restore; a new user could no longer do this."""
    for capability in range(64):  # fails beyond the last, and without CAP_SETPCAP
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def _change_user(user: int) -> None:
    """Become a user to which nothing belongs."""
    resource.setrlimit(resource.RLIMIT_NPROC, (OPEN_FILES, OPEN_FILES))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _drop_capabilities() -> None:
    """Give up every capability."""
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    check(libc.capset(header, bytes(24)), "capset")
