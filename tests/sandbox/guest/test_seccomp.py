"""The filter, read by a small BPF machine for both architectures, and in force in a worker."""

import errno
import platform
import signal
import socket
import struct
import subprocess

import pytest

from grader.model.limits import StudentError
from grader.sandbox.guest import seccomp
from tests.support import walls

MACHINES = [*seccomp.ARCHITECTURES]
PID = 7
ALLOW, KILL = seccomp.ALLOW, seccomp.KILL
REFUSE, ABSENT = seccomp.FAIL | errno.EPERM, seccomp.FAIL | errno.ENOSYS
TABLES = f"{seccomp.ALLOWED} {seccomp.CONDITIONAL} {seccomp.ABSENT}"
NEVER = """
fork vfork clone execve execveat flock kill tkill rt_sigqueueinfo rt_tgsigqueueinfo
pidfd_send_signal ptrace
process_vm_readv process_vm_writev pidfd_open pidfd_getfd kcmp socket connect bind listen accept
accept4 setsockopt memfd_create memfd_secret shmget shmat msgget semget mq_open unshare setns mount
umount2 move_mount open_tree fsopen pivot_root chroot setuid setgid setreuid setresuid setresgid
setgroups capset setrlimit setpriority sched_setaffinity sched_setscheduler truncate chmod fchmod
fchmodat fchmodat2 chown fchown fchownat lchown utimensat setxattr fsetxattr link linkat symlink
symlinkat mknod mknodat bpf perf_event_open keyctl add_key request_key userfaultfd
open_by_handle_at name_to_handle_at openat2 init_module finit_module kexec_load reboot swapon
acct quotactl personality timer_create timerfd_create signalfd4 inotify_init1 fanotify_init
io_setup io_submit seccomp landlock_restrict_self process_madvise iopl ioperm modify_ldt
"""


def verdict(machine: str, number: int, *args: int, writable: bool = False, arch: int = 0) -> int:
    """Run the filter on one system call, as the kernel does: return its SECCOMP_RET_*."""
    code = seccomp.program(writable, PID, machine)
    arguments = [a & (1 << 64) - 1 for a in (*args, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, arch or seccomp.ARCHITECTURES[machine][1], 0, *arguments)
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, k = struct.unpack_from("<HBBI", code, 8 * at)
        at += 1
        match operation:
            case seccomp.LOAD:
                (accumulator,) = struct.unpack_from("<I", data, k)
            case seccomp.AND:
                accumulator &= k
            case seccomp.EQUAL:
                at += if_true if accumulator == k else if_false
            case seccomp.AT_LEAST:
                at += if_true if accumulator >= k else if_false
            case seccomp.RETURN:
                return k
            case _:
                raise AssertionError(f"no such operation: {operation:#x}")


def asked(machine: str, name: str, *args: int, writable: bool = False) -> int:
    return verdict(machine, seccomp.numbers(TABLES, machine)[name], *args, writable=writable)


@pytest.fixture(scope="module")
def libseccomp():
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f"no libseccomp to compare with: {error}")
    arches = {"x86_64": pyseccomp.Arch.X86_64, "aarch64": pyseccomp.Arch.AARCH64}
    return lambda machine, name: pyseccomp.resolve_syscall(arches[machine], name)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_is_libseccomps(libseccomp, machine):
    ours = seccomp.numbers(TABLES, machine)
    assert ours == {name: libseccomp(machine, name) for name in ours}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_without_a_number_does_not_exist_there(libseccomp, machine):
    everywhere = {row.split(":")[0] for row in TABLES.split()}
    for name in everywhere - seccomp.numbers(TABLES, machine).keys():
        assert libseccomp(machine, name) < 0


@pytest.mark.parametrize("machine", MACHINES)
def test_nothing_that_reaches_beyond_the_process_is_allowed(libseccomp, machine):
    for name in NEVER.split():
        if (number := libseccomp(machine, name)) >= 0:  # negative: unknown there
            assert {verdict(machine, number, a, a, a) for a in (0, 1, PID)} == {REFUSE}, name


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_listed_is_refused(machine):
    listed = set(seccomp.numbers(TABLES, machine).values())
    assert {verdict(machine, n) for n in set(range(600)) - listed} == {REFUSE}


@pytest.mark.parametrize("machine", MACHINES)
def test_everything_allowed_is_allowed(machine):
    allowed = seccomp.numbers(seccomp.ALLOWED, machine)
    assert {name: verdict(machine, n) for name, n in allowed.items()} == dict.fromkeys(
        allowed, ALLOW
    )


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", ["clone3", "io_uring_setup", "io_uring_enter"])
def test_what_has_a_fallback_seems_absent(machine, name):
    assert asked(machine, name) == ABSENT


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    "expected, name, args",
    [
        (ALLOW, "tgkill", (PID, 9, signal.SIGABRT)),
        (REFUSE, "tgkill", (PID, 9, signal.SIGKILL)),
        (REFUSE, "tgkill", (PID + 1, 9, signal.SIGABRT)),
        (REFUSE, "tgkill", (-1, 9, signal.SIGABRT)),
        (ALLOW, "prlimit64", (0, 3, 0, 0x7FFF0000)),
        (REFUSE, "prlimit64", (PID, 3, 0, 0x7FFF0000)),
        (REFUSE, "prlimit64", (0, 0, 0x7FFF0000, 0)),
        (REFUSE, "prlimit64", (0, 0, 1 << 32, 0)),  # a pointer whose low half is 0
        (ALLOW, "socketpair", (1, 1, 0)),
        (ALLOW, "socketpair", (1, 1 | 0o2004000, 0)),  # SOCK_NONBLOCK, SOCK_CLOEXEC
        (REFUSE, "socketpair", (1, 2, 0)),  # SOCK_DGRAM
        (REFUSE, "socketpair", (2, 1, 0)),
        (ALLOW, "ioctl", (1, 0x5401)),
        (REFUSE, "ioctl", (1, 0x5412)),  # TIOCSTI types into a terminal
        (REFUSE, "ioctl", (3, 0x8901)),  # FIOSETOWN
        (ALLOW, "prctl", (15, 0)),
        (REFUSE, "prctl", (4, 1)),  # PR_SET_DUMPABLE
        (REFUSE, "prctl", (1, 0)),  # PR_SET_PDEATHSIG
        (ALLOW, "fcntl", (3, 3)),
        (ALLOW, "fcntl", (3, 1030)),
        (REFUSE, "fcntl", (3, 6, 1)),  # F_SETLK
        (REFUSE, "fcntl", (3, 8, 1)),  # F_SETOWN
        (REFUSE, "fcntl", (3, 10, 9)),  # F_SETSIG
        (REFUSE, "fcntl", (3, 15)),  # F_SETOWN_EX
        (ALLOW, "openat", (-100, 0, 0o2)),
        (REFUSE, "openat", (-100, 0, 0o1000)),  # O_RDONLY | O_TRUNC
        (REFUSE, "openat", (-100, 0, 0o1101)),
    ],
)
def test_arguments_decide(machine, expected, name, args):
    assert asked(machine, name, *args) == expected


def test_the_old_open_is_as_strict():
    assert asked("x86_64", "open", 0, 0o1000) == REFUSE
    assert asked("x86_64", "open", 0, 0) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_with_a_folder_of_its_own_a_worker_may_truncate(machine):
    assert asked(machine, "openat", -100, 0, 0o1101, writable=True) == ALLOW


@pytest.mark.parametrize("machine", MACHINES)
def test_system_calls_of_another_architecture_kill(machine):
    i386, arm = 0x40000003, 0x40000028
    assert verdict(machine, 1, arch=i386) == verdict(machine, 1, arch=arm) == KILL


def test_system_calls_of_the_x32_abi_kill():
    assert verdict("x86_64", 0x40000000) == verdict("x86_64", 0x40000000 + 520) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_the_program_is_one_that_the_kernel_takes(machine):
    code = seccomp.program(True, PID, machine)
    assert len(code) % 8 == 0 and len(code) // 8 <= 4096  # BPF_MAXINSNS


def test_another_machine_is_an_error():
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program(False, PID, "riscv64")


SCRIPT = """
import ctypes, fcntl, mmap, os, resource, socket, subprocess, threading, time
import torch

def forks(): os.fork()
def executes(): os.execv("/bin/true", ["true"])
def runs(): subprocess.run(["/bin/true"])
def connects(): socket.socket()
def kills(): os.kill(os.getppid(), 0)
def kills_itself(): os.kill(os.getpid(), 9)
def lowers_its_limit(): resource.prlimit(0, resource.RLIMIT_CPU, (1, 1))
def makes_a_memfd(): os.memfd_create("x")
def changes_a_mode(): os.chmod("/dev/null", 0)
def truncates(): os.truncate("/dev/null", 0)
def empties(path): os.open(path, os.O_RDONLY | os.O_TRUNC)
def signals_by_a_socket(pid):
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETSIG, 9)
    fcntl.fcntl(ours, fcntl.F_SETOWN, pid)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    theirs.send(b"x")
    time.sleep(0.1)

def writes_to_a_socket(path):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return ours.sendto(b"x", path)

def writes_to_a_socket_from_a_stream(path):
    ours, theirs = socket.socketpair()
    return ours.sendto(b"x", path)

def starts_a_thread(): threading.Thread(target=print).start()

def computes_with_four_threads():
    torch.set_num_threads(4)
    return (torch.ones(500, 500) @ torch.ones(500, 500)).exp().numel()

def pairs_sockets():
    ours, theirs = socket.socketpair()
    ours.send(b"x")
    return theirs.recv(1)

def reads_its_limits():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

def calls_as_32_bit():
    code = b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3"  # mov eax, 20 (getpid); int 0x80; ret
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()
"""


@pytest.fixture(params=[walls.DOCKER, walls.UNSAFE], ids="+".join)
def worker(start, request):
    with walls.running(start(request.param), SCRIPT) as worker:
        yield worker


@pytest.mark.parametrize(
    "name",
    ["forks", "executes", "runs", "connects", "kills", "kills_itself", "makes_a_memfd",
     "changes_a_mode", "truncates"],
)  # fmt: skip
def test_in_force_it_refuses(worker, name):
    with pytest.raises(StudentError, match="Operation not permitted") as caught:
        walls.call(worker, name)
    assert caught.value.kind == "PermissionError"


def test_in_force_it_refuses_threads(worker):
    with pytest.raises(StudentError, match="can't start new thread"):
        walls.call(worker, "starts_a_thread")
    assert worker.alive


def test_in_force_it_refuses_to_lower_a_limit(worker):
    with pytest.raises(StudentError):
        walls.call(worker, "lowers_its_limit")
    assert worker.alive


def test_in_force_it_keeps_files_whole_where_nothing_may_be_written(worker, tmp_path):
    file = tmp_path / "solution.py"
    file.write_text("whole")
    with pytest.raises(StudentError, match=r"not permitted|denied"):
        walls.call(worker, "empties", str(file))
    assert file.read_text() == "whole"


def test_in_force_it_refuses_to_write_to_a_socket_with_a_path(worker, tmp_path):
    path = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(path)
        server.setblocking(False)
        for name in ("writes_to_a_socket", "writes_to_a_socket_from_a_stream"):
            with pytest.raises(StudentError, match=r"not permitted|already connected"):
                walls.call(worker, name, path)
        with pytest.raises(BlockingIOError):
            server.recv(1)


def test_in_force_it_refuses_signals_through_sockets(worker):
    sleeper = subprocess.Popen(["sleep", "60"])
    with pytest.raises(StudentError, match="Operation not permitted"):
        walls.call(worker, "signals_by_a_socket", sleeper.pid)
    assert sleeper.poll() is None
    sleeper.kill()
    sleeper.wait()


def test_in_force_it_allows_what_ordinary_code_does(worker):
    assert walls.call(worker, "computes_with_four_threads") == 250_000
    assert walls.call(worker, "pairs_sockets") == b"x"
    assert walls.call(worker, "reads_its_limits") == 64


@pytest.mark.skipif(platform.machine() != "x86_64", reason="int 0x80 is an instruction of x86")
def test_in_force_it_ends_a_process_that_calls_as_another_architecture(worker):
    with pytest.raises(StudentError, match=rf"exit code {-signal.SIGSYS}|crashed"):
        walls.call(worker, "calls_as_32_bit")  # crashed: a kernel without 32-bit calls at all
