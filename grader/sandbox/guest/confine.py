"""What a worker does to itself before it sees a submission: give up everything it will not need.

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

import contextlib
import ctypes
import os
import resource
import stat
import struct
import tempfile

from . import seccomp
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
OPEN_FILES = 64  # socket buffers are not address space: 64 descriptors hold some 13 MB at most
FIRST_USER = 200_000  # beyond the ids that systems hand out
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on all architectures
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
WRITE = WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14
"""Also remove, make a folder or a file, rename and truncate; no devices, sockets or links."""

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Return `result` of a C call. Raises OSError when it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def confine(
    layers: list[str], readable: list[str], address_space: int, seconds: int, slot: int,
    folder: str,
) -> list[str]:  # fmt: skip
    """Put `layers` in force in this process and return those that hold, with their versions.

    layers         which to apply: "namespaces", "landlock", "user", "seccomp"; limits always hold
    readable       paths that Python and its packages need
    address_space  in bytes: what the warm process has, and what a submission may add
    seconds        CPU seconds in all, a backstop: the grader counts them per check
    slot           number of this worker among those alive, for the user id
    folder         its own, where it works and may write; it exists already

    Raises OSError when a layer that was asked for cannot be applied.
    """
    held = ["rlimits"]
    if "namespaces" in layers:
        _private_folder()
        held.append("namespaces")
    os.chdir(folder)
    os.environ |= dict.fromkeys(HOMES, folder)
    _limit(address_space, seconds)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    if "landlock" in layers:
        held.append(f"landlock {_landlock(readable, [folder])}")
    _bound_capabilities()
    if "user" in layers:
        _change_user(user(slot))
        held.append("user")
    _drop_capabilities()
    check(libc.prctl(PR_SET_PDEATHSIG, 9), "prctl(PR_SET_PDEATHSIG)")  # a new user clears it
    check(libc.prctl(PR_SET_DUMPABLE, 0), "prctl(PR_SET_DUMPABLE)")
    if "seccomp" in layers:
        seccomp.load(seccomp.program(truncates(layers), os.getpid()))
        held.append("seccomp")
    tempfile.tempdir = None  # `import torch` cached the zygote's
    return held


def user(slot: int) -> int:
    """Return the user id of a worker, where each has its own."""
    return FIRST_USER + slot


def truncates(layers: list[str]) -> bool:
    """Whether files may be opened to be emptied: a wall of files governs that, too."""
    if "namespaces" in layers:
        return True
    return landlock_abi() >= 3 if "landlock" in layers else "user" in layers


def size() -> int:
    """Return the address space that this process has now, in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def landlock_abi() -> int:
    """Return the kernel's landlock version, 0 where there is none."""
    return max(0, int(libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


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
    """Give up what exec could give back; a new user may no longer do this."""
    for capability in range(64):  # fails beyond the last, and without CAP_SETPCAP
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def _change_user(user: int) -> None:
    """Become a user whom nothing belongs to."""
    resource.setrlimit(resource.RLIMIT_NPROC, (OPEN_FILES, OPEN_FILES))
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _drop_capabilities() -> None:
    """Give up every capability."""
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    check(libc.capset(header, bytes(24)), "capset")


def _landlock(readable: list[str], writable: list[str]) -> int:
    """Restrict files, TCP and signals to what is named; return the ABI version in use.

    See the kernel's Documentation/userspace-api/landlock.rst. Raises OSError where it is absent.
    """
    abi = check(libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1), "landlock")
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1  # every access right it knows
    network = 3 if abi >= 4 else 0  # TCP: bind and connect
    scope = 3 if abi >= 6 else 0  # abstract sockets, and signals to others
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = struct.pack("QQQ", files, network, scope)
    ruleset = check(libc.syscall(LANDLOCK_CREATE, rules, ctypes.c_size_t(size), 0), "landlock")
    try:
        for path in readable:
            _permit(ruleset, path, files & (READ_FILE | READ_DIR))
        for path in writable:
            _permit(ruleset, path, files & (READ_FILE | READ_DIR | WRITE))
        check(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)
    return abi


def _permit(ruleset: int, path: str, access: int) -> None:
    """Allow `access` beneath `path`; a path that does not exist needs no rule."""
    with contextlib.suppress(FileNotFoundError):
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(beneath).st_mode):
                access &= READ_FILE | WRITE_FILE
            rule = struct.pack("=Qi", access, beneath)
            check(libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock rule {path}")
        finally:
            os.close(beneath)
