"""Say which walls hold around a submission on this machine, and try to break through each.

The attempts below run as a student's notebook would, in a worker; each returns "" when it was
stopped. `without_walls` runs the same attempts in an ordinary process: one that fails there, too,
proves nothing, and is shown as such.
"""

import ast
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import isolation
from .limits import Limits, OutOfMemory, StudentError, TimedOut
from .sandbox import OUTPUT_BYTES, SandboxError, Zygote
from .student import Student

ATTEMPTS = '''
import ctypes, os, socket, subprocess

def reads_a_file(target):
    """read a file of the course"""
    return open(target["file"]).read()

def finds_a_file(target):
    """see whether a file of the course exists"""
    return str(os.stat(target["file"]).st_size)

def empties_a_file(target):
    """empty a file of the course"""
    os.close(os.open(target["file"] + ".empty", os.O_RDONLY | os.O_TRUNC))
    return "emptied" if not os.stat(target["file"] + ".empty").st_size else ""

def writes_a_file(target):
    """write into a folder of the course"""
    open(target["file"] + ".new", "a").close()
    return "written"

def reads_the_environment(target):
    """read the grader's environment"""
    return str(len(open(f"/proc/{target['pid']}/environ", "rb").read()))

def signals(target):
    """signal the grader"""
    os.kill(target["pid"], 0)
    return "signalled"

def traces(target):
    """attach to the grader as a debugger"""
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.ptrace(0x4206, target["child"], 0, 0)  # PTRACE_SEIZE
    libc.ptrace(17, target["child"], 0, 0)  # PTRACE_DETACH
    return "attached" if result == 0 else ""

def forks(target):
    """start another process"""
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)
    return "forked"

def executes(target):
    """run a program"""
    return subprocess.run(["/usr/bin/env", "true"]).args[0]

def connects(target):
    """connect to a server"""
    socket.create_connection(("127.0.0.1", target["port"]), timeout=2).close()
    return "connected"

def sends_a_datagram(target):
    """send a datagram"""
    return str(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("127.0.0.1", 9)))

def limits_the_grader(target):
    """change the grader's limits"""
    import resource
    return str(resource.prlimit(target["pid"], resource.RLIMIT_NOFILE))
'''
EXHAUSTION = """
def memory(): return [bytearray(1 << 20) for _ in range(100_000)]
def time():
    while True: pass
def output(): return print("x" * (1 << 24))
"""
STOPPED = "[green]stopped[/]"
REMEDIES = {
    "namespaces": "install bubblewrap (apt install bubblewrap) and allow user namespaces; on "
    "Ubuntu 23.10 and later AppArmor must let bwrap make them. Docker's default profile does not: "
    "fine there, if landlock holds",
    "landlock": "needs Linux 5.13 or later with landlock among the LSMs; Docker 20.10.18 or later",
    "seccomp": "needs a kernel with CONFIG_SECCOMP_FILTER, on x86_64 or aarch64",
    "user": "used for root without namespaces only; needs packages that other users can read",
}
LEAKS = {
    "finds_a_file": "Landlock does not hide whether a path exists and how long a file is, only "
    "what it says. Namespaces hide both; so does the layer user, with the course in a folder that "
    "only its owner may enter (chmod 700)",
}
"""What is known to get out without namespaces, and no reason not to grade."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to break out, and what came of it."""

    name: str
    sentence: str
    inside: str
    """What it got inside the sandbox; empty when it was stopped."""
    outside: str
    """What it got in an ordinary process."""


def examine(console: Console) -> bool:
    """Print what holds and what does not; return whether submissions are locked in."""
    try:
        with Zygote(unsafe=True) as zygote:
            attempts = attack(zygote)
            exhausted = exhaust(zygote)
            layers = zygote.layers
    except SandboxError as error:
        console.print(f"[red]✗[/] {error}")
        return False
    walls = Table("layer", "", "if it is missing", title="Walls around a submission")
    for layer, remedy in REMEDIES.items():
        name = next((held for held in layers if held.split()[0] == layer), "")
        walls.add_row(name or layer, *(("[green]✓[/]", "") if name else ("[yellow]–[/]", remedy)))
    console.print(walls)
    known = {} if "namespaces" in layers else LEAKS
    leaks = [known[a.name] for a in attempts if a.inside and a.name in known]
    table = Table("attempt to", "in the sandbox", "outside", title="Attempts to break out")
    for attempt in attempts:
        inside = "[yellow]known leak[/]" if attempt.name in known else "[red]SUCCEEDED[/]"
        outside = "succeeds" if attempt.outside else "[dim]fails here, too[/]"
        table.add_row(attempt.sentence, inside if attempt.inside else STOPPED, outside)
    for name, held in exhausted.items():
        table.add_row(f"use up the {name}", STOPPED if held else "[red]SUCCEEDED[/]", "")
    console.print(table)
    for leak in leaks:
        console.print(f"[yellow]![/] {leak}.")
    broken = sum(bool(a.inside) for a in attempts) > len(leaks)
    sound = isolation.enough(layers) and all(exhausted.values()) and not broken
    if sound:
        console.print("[green]✓[/] This machine can keep submissions locked in.")
    else:
        console.print("[red]✗[/] Do not grade on this machine: see the red lines above.")
    return sound


def attack(zygote: Zygote) -> list[Attempt]:
    """Run every attempt inside the sandbox and outside of it."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        file = Path(folder, "solution.py")
        for path in (file, Path(f"{file}.empty")):
            path.write_text("secret")
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            target = {
                "file": str(file), "pid": os.getpid(), "child": sleeper.pid,
                "port": server.getsockname()[1],
            }  # fmt: skip
            names = _names(ATTEMPTS)
            student = Student(zygote, ATTEMPTS.encode(), tuple(names), Limits(seconds=5))
            inside = {name: _try(student, name, target) for name in names}
            student._close()
            outside = without_walls(target)
        finally:
            sleeper.kill()
            sleeper.wait()
    return [Attempt(n, sentence, inside[n], outside[n]) for n, sentence in names.items()]


def without_walls(target: dict[str, object]) -> dict[str, str]:
    """Run the attempts in an ordinary process of this user; return what each got."""
    program = (
        ATTEMPTS + "import json, sys\n"
        "target, names = json.loads(sys.argv[1])\n"
        "for name in names:\n"
        "    try: print(json.dumps([name, globals()[name](target)]))\n"
        "    except Exception: print(json.dumps([name, '']))\n"
    )
    names = list(_names(ATTEMPTS))
    command = [sys.executable, "-c", program, json.dumps([target, names])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return dict(json.loads(line) for line in done.stdout.splitlines())


def exhaust(zygote: Zygote) -> dict[str, bool]:
    """Use up memory, time and output; return for each whether a limit stopped it."""
    student = Student(
        zygote, EXHAUSTION.encode(), ("memory", "time", "output"), Limits(seconds=1, memory_mb=256)
    )
    held = {"memory": False, "time": False}
    for name, limit in (("memory", OutOfMemory), ("time", TimedOut)):
        try:
            student._begin(0)
            getattr(student, name)()
        except limit:
            held[name] = True
        except StudentError:
            pass
    student._begin(0)
    student.output()
    held["output"] = len(student._close()) <= OUTPUT_BYTES
    return held


def _try(student: Student, name: str, target: dict[str, object]) -> str:
    try:
        student._begin(0)
        return str(getattr(student, name)(target))
    except StudentError:
        return ""


def _names(source: str) -> dict[str, str]:
    """Return the functions of a source and their docstrings."""
    functions = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    return {f.name: ast.get_docstring(f) or "" for f in functions}


def _accept(server: socket.socket) -> None:
    try:
        while True:
            server.accept()[0].close()
    except OSError:
        pass  # closed: the examination is over
