"""Landlock: a process permanently restricts itself to some files, without privileges.

See the kernel's Documentation/userspace-api/landlock.rst.
"""

import contextlib
import ctypes
import os
import stat
import struct

from .libc import check, libc

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls, the same on all architectures
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
WRITE = WRITE_FILE | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14
"""Also remove, make a folder or a file, rename and truncate; no devices, sockets or links."""


def version() -> int:
    """Return the version of landlock's ABI in this kernel, 0 where there is none."""
    return max(0, int(libc.syscall(CREATE, None, ctypes.c_size_t(0), 1)))


def restrict(readable: list[str], writable: list[str]) -> None:
    """Restrict files to those named and, if the kernel can, forbid TCP and signals.

    Needs no_new_privs. Raises OSError where landlock is absent.
    """
    abi = check(libc.syscall(CREATE, None, ctypes.c_size_t(0), 1), "landlock")
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1  # every access right it knows
    network = 3 if abi >= 4 else 0  # TCP: bind and connect
    scope = 3 if abi >= 6 else 0  # abstract sockets, and signals to others
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    rules = struct.pack("QQQ", files, network, scope)
    ruleset = check(libc.syscall(CREATE, rules, ctypes.c_size_t(size), 0), "landlock")
    try:
        for path in readable:
            _permit(ruleset, path, files & (READ_FILE | READ_DIR))
        for path in writable:
            _permit(ruleset, path, files & (READ_FILE | READ_DIR | WRITE))
        check(libc.syscall(RESTRICT, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _permit(ruleset: int, path: str, access: int) -> None:
    """Allow `access` beneath `path`; a path that does not exist needs no rule."""
    with contextlib.suppress(FileNotFoundError):
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(beneath).st_mode):
                access &= READ_FILE | WRITE_FILE
            rule = struct.pack("=Qi", access, beneath)
            check(libc.syscall(ADD, ruleset, 1, rule, 0), f"landlock rule {path}")
        finally:
            os.close(beneath)
