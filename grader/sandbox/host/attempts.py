"""A dozen attempts to escape from a sandbox, as a student's notebook would make them.

Each returns "" when it was stopped. `without_walls` runs the same attempts in an ordinary process:
one that also fails there proves nothing. A judge makes them all, once (80 ms), before it lets the
first submission in; `grader doctor` shows them.
"""

import ast
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...model.limits import Limits, StudentError
from ...model.message import Message
from ...model.subject import Beginning
from ..guest.layer import Layer
from .loaded import Loaded
from .sandbox import SandboxError
from .student import Student
from .zygote import Zygote

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
SENTENCES = {
    function.name: ast.get_docstring(function) or ""
    for function in ast.parse(ATTEMPTS).body
    if isinstance(function, ast.FunctionDef)
}
"""What each of them tries."""
LEAKS = {
    "finds_a_file": "Landlock does not hide whether a path exists and how long a file is, only "
    "what it says. Namespaces hide both; so does the layer user, with the course in a folder that "
    "only its owner may enter (chmod 700)",
}
"""Escapes that are known to succeed without namespaces, and do not prevent grading."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to escape, and its outcome."""

    name: str
    sentence: str
    inside: str
    """What it got inside the sandbox; empty when it was stopped."""
    outside: str
    """What it got in an ordinary process."""


def prove(zygote: Zygote, *, unsafe: bool = False) -> str:
    """Try to escape from a zygote's worker; return a sentence for reports that nothing did.

    Raises SandboxError if an unknown escape succeeds, unless `unsafe`.
    """
    inside = within(zygote)
    known = leaks(zygote.layers)
    broken = [name for name, got in inside.items() if got and name not in known]
    if broken and not unsafe:
        raise SandboxError(
            Message(
                "submissions could break out on this machine ({attempts}); see `grader doctor`",
                attempts=broken,
            )
        )
    stopped = sum(not got for got in inside.values())
    return f"{stopped} of {len(inside)} attempts to break out stopped"


def leaks(layers: Collection[Layer]) -> dict[str, str]:
    """Return which attempts are known to succeed with these layers, and the remedies."""
    return {} if Layer.NAMESPACES in layers else LEAKS


def attack(zygote: Zygote) -> list[Attempt]:
    """Make every attempt inside the sandbox and outside of it."""
    with _target() as target:
        outside = without_walls(target)
    inside = within(zygote)
    return [Attempt(n, sentence, inside[n], outside[n]) for n, sentence in SENTENCES.items()]


def within(zygote: Zygote) -> dict[str, str]:
    """Make the attempts in a worker; return what each got."""
    with (
        _target() as target,
        Loaded(zygote, ATTEMPTS.encode(), tuple(SENTENCES), Limits(seconds=5)) as loaded,
    ):
        return {name: _attempt(Student(loaded), name, target) for name in SENTENCES}


def without_walls(target: dict[str, object]) -> dict[str, str]:
    """Run the attempts in an ordinary process of this user; return what each got."""
    program = (
        ATTEMPTS + "import json, sys\n"
        "target, names = json.loads(sys.argv[1])\n"
        "for name in names:\n"
        "    try: print(json.dumps([name, globals()[name](target)]))\n"
        "    except Exception: print(json.dumps([name, '']))\n"
    )
    command = [sys.executable, "-P", "-c", program, json.dumps([target, list(SENTENCES)])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return dict(json.loads(line) for line in done.stdout.splitlines())


@contextmanager
def _target() -> Iterator[dict[str, object]]:
    """Offer what the attempts aim at: a course, a server, a process of this user.

    The server accepts nobody: that the system answers is enough for a connection.
    """
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        file = Path(folder, "solution.py")
        for path in (file, Path(f"{file}.empty")):
            path.write_text("secret")
        sleeper = subprocess.Popen(["sleep", "60"])
        try:
            yield {
                "file": str(file), "pid": os.getpid(), "child": sleeper.pid,
                "port": server.getsockname()[1],
            }  # fmt: skip
        finally:
            sleeper.kill()
            sleeper.wait()


def _attempt(student: Student, name: str, target: dict[str, object]) -> str:
    try:
        student.begin(Beginning())
        return str(getattr(student, name)(target))
    except StudentError:
        return ""
