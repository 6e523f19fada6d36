"""The system calls that a worker may make, as a classic BPF program (no library needed).

Theory of operation: the kernel runs the program on every system call of the worker, with `struct
seccomp_data` (number, architecture, arguments) as its memory; see seccomp(2) and the kernel's
Documentation/userspace-api/seccomp_filter.rst. What is not listed fails with EPERM. There is no
fork, exec, kill, ptrace, socket, memfd or mount in the list, so that one submission stays one
process, and resource limits of a process are limits of the submission. Nor is there a thread: no
limit counts root's, and machine code made 4,000 in 50 ms, a table of processes in half a second.
Nor can it send itself SIGKILL or lower its own limits: a worker that ends so was ended by somebody
else.

Not covered: calls that are allowed may still have bugs in the kernel.
"""

import ctypes
import errno
import functools
import os
import platform
import signal
import struct

# name:x86_64:aarch64, "-" where an architecture lacks the call
ALLOWED = """
read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69
pwritev:296:70 preadv2:327:286 pwritev2:328:287 close:3:57 close_range:436:436 lseek:8:62
fstat:5:80 newfstatat:262:79 stat:4:- lstat:6:- statx:332:291 access:21:- faccessat:269:48
faccessat2:439:439 readlink:89:- readlinkat:267:78 getdents64:217:61
getcwd:79:17 chdir:80:49 fchdir:81:50 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:-
unlinkat:263:35 rename:82:- renameat:264:38 renameat2:316:276 ftruncate:77:46 fsync:74:82
fdatasync:75:83 fallocate:285:47 fadvise64:221:223 copy_file_range:326:285 sendfile:40:71
dup:32:23 dup2:33:- dup3:292:24 pipe:22:- pipe2:293:59 poll:7:- ppoll:271:73 select:23:-
pselect6:270:72 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:-
epoll_pwait:281:22 eventfd2:290:19 umask:95:166 statfs:137:43
fstatfs:138:44 mmap:9:222 munmap:11:215 mremap:25:216 mprotect:10:226 madvise:28:233
brk:12:214 mincore:27:232 msync:26:227 membarrier:324:283 rseq:334:293 rt_sigaction:13:134
rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigsuspend:130:133 rt_sigpending:127:136
rt_sigtimedwait:128:137 sigaltstack:131:132 pause:34:- alarm:37:- setitimer:38:103
getitimer:36:102 nanosleep:35:101 clock_nanosleep:230:115 clock_gettime:228:113
clock_getres:229:114 gettimeofday:96:169 time:201:- times:100:153 futex:202:98
set_robust_list:273:99 get_robust_list:274:100 set_tid_address:218:96 gettid:186:178
getpid:39:172 getppid:110:173 getpgrp:111:- getpgid:121:155 getsid:124:156 getuid:102:174
geteuid:107:175 getgid:104:176 getegid:108:177 getresuid:118:148 getresgid:120:150
getgroups:115:158 getrlimit:97:163 getrusage:98:165 sysinfo:99:179 uname:63:160
getrandom:318:278 getcpu:309:168 sched_yield:24:124 sched_getaffinity:204:123
sched_getparam:143:121 sched_getscheduler:145:120 sched_get_priority_max:146:125
sched_get_priority_min:147:126 getpriority:140:141 get_mempolicy:239:236 capget:125:90
arch_prctl:158:- exit:60:93 exit_group:231:94 restart_syscall:219:128 wait4:61:260
waitid:247:95 recvfrom:45:207 recvmsg:47:212 sendto:44:206 sendmsg:46:211 getsockname:51:204
getpeername:52:205 getsockopt:55:209 shutdown:48:210
"""
CONDITIONAL = """
open:2:- openat:257:56 tgkill:234:131 prlimit64:302:261 socketpair:53:199 ioctl:16:29
prctl:157:167 fcntl:72:25
"""
ABSENT = "clone3:435:435 io_uring_setup:425:425 io_uring_enter:426:426 io_uring_register:427:427"
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # linux/audit.h

IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS TIOCGWINSZ FIO…
FCNTLS = (*range(5), 1030, 1032, 1033, 1034)
"""Copies, flags and seals. F_SETOWN with F_SETSIG would send any signal to any process, and a lock
of a file of torch is seen by every other submission."""
PRCTLS = (3, 15, 16, 21, 39, 0x53564D41)  # names, getters, and PR_SET_VMA of malloc

LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # linux/bpf_common.h
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000

ARGUMENT = range(16, 64, 8)
"""Where struct seccomp_data has the arguments: their low halves, and 4 bytes on the high ones."""
Condition = tuple[int, int, tuple[int, ...]]
"""Offset, mask, and values of which (the 32 bits at the offset & mask) must be one.

The low half of an argument decides where the kernel takes it as an int.
"""


def numbers(table: str, machine: str) -> dict[str, int]:
    """Return the system call numbers of `table` on `machine` ("x86_64" or "aarch64")."""
    column = 1 + ARCHITECTURES[machine][0]
    rows = (row.split(":") for row in table.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


@functools.cache
def program(truncates: bool, pid: int, machine: str | None = None) -> bytes:
    """Assemble the filter for the process `pid`.

    Unless it `truncates`, opening with O_TRUNC fails: landlock before ABI 3 (Linux 6.2) does not
    stop `open(path, O_RDONLY | O_TRUNC)`, which empties a file. Raises OSError on an architecture
    for which there is no table.
    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    known = numbers(CONDITIONAL, machine)
    first, second, third, *_ = ARGUMENT
    conditions: dict[str, list[Condition]] = {
        "tgkill": [(first, ~0, (pid,)), (third, ~0, (signal.SIGABRT,))],  # abort(), nothing else
        "prlimit64": [(first, ~0, (0,)), (third, ~0, (0,)), (third + 4, ~0, (0,))],  # reads its own
        # AF_UNIX, SOCK_STREAM: one of datagrams could write to every socket that has a path
        "socketpair": [(first, ~0, (1,)), (second, 0xF, (1,))],
        "ioctl": [(second, ~0, IOCTLS)],
        "prctl": [(first, ~0, PRCTLS)],
        "fcntl": [(second, ~0, FCNTLS)],
        "open": [] if truncates else [(second, os.O_TRUNC, (0,))],
        "openat": [] if truncates else [(third, os.O_TRUNC, (0,))],
    }
    code = [
        _step(LOAD, 4),  # architecture
        _step(EQUAL, ARCHITECTURES[machine][1], skip_if_not=0, skip_if=1),
        _step(RETURN, KILL),
        _step(LOAD, 0),  # number
    ]
    if machine == "x86_64":  # the x32 ABI has other numbers under the same architecture
        code += [_step(AT_LEAST, 0x40000000, skip_if_not=1), _step(RETURN, KILL)]
    for number in numbers(ALLOWED, machine).values():
        code += [_step(EQUAL, number, skip_if_not=1), _step(RETURN, ALLOW)]
    for number in numbers(ABSENT, machine).values():
        code += [_step(EQUAL, number, skip_if_not=1), _step(RETURN, FAIL | errno.ENOSYS)]
    for name, number in known.items():
        block = [step for condition in conditions[name] for step in _require(*condition)]
        block.append(_step(RETURN, ALLOW))
        code += [_step(EQUAL, number, skip_if_not=len(block)), *block]
    code.append(_step(RETURN, FAIL | errno.EPERM))
    return b"".join(code)


def _step(operation: int, value: int, skip_if: int = 0, skip_if_not: int = 0) -> bytes:
    """One `struct sock_filter`: code, jt, jf, k."""
    return struct.pack("<HBBI", operation, skip_if, skip_if_not, value & 0xFFFFFFFF)


def _require(offset: int, mask: int, values: tuple[int, ...]) -> list[bytes]:
    """Fail with EPERM unless a Condition holds."""
    steps = [_step(LOAD, offset), _step(AND, mask)]
    for left, value in zip(range(len(values), 0, -1), values, strict=True):
        steps.append(_step(EQUAL, value, skip_if=left))
    return [*steps, _step(RETURN, FAIL | errno.EPERM)]


def load(code: bytes) -> None:
    """Put the filter in force for this process and all its threads, for good.

    Needs no_new_privs. Raises OSError where the kernel has no seccomp filters.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code, len(code))
    fprog = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    if libc.prctl(22, ctypes.c_ulong(2), fprog, 0, 0):  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        raise OSError(ctypes.get_errno(), "seccomp")
