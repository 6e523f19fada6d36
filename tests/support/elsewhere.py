"""Run `grader` as on another system: what only Linux, or only POSIX, has is absent.

    python -m tests.support.elsewhere win32 '[["check", "attention.ipynb"]]'

prints for each command how it ended, as JSON: exit code, output, and what was raised beside that.
Packages of others are loaded before that. They bring code of their own for each system, which
could not run here; what is tried is ours, and that it asks for nothing that is not there.
"""

import importlib
import json
import os
import signal
import socket
import sys

THEIRS = (
    "IPython.core.inputtransformer2", "asyncio", "click", "getpass", "jinja2", "jupytext",
    "latex2mathml.converter", "msgpack", "multiprocessing", "nbclient", "nbconvert", "nbformat.v4",
    "numpy", "pydoc", "pygments.lexers", "pytest", "rich.progress", "rich.table", "sqlite3",
    "starlette.routing", "subprocess", "tempfile", "torch", "uvicorn", "webbrowser", "yaml",
)  # fmt: skip
LINUX = (
    (os, ("memfd_create", "pidfd_open", "sched_getaffinity", "sched_setaffinity", "MFD_CLOEXEC")),
    (signal, ("pidfd_send_signal",)),
)
POSIX = (
    (os, ("fork", "geteuid", "getuid", "kill", "killpg", "chown", "mkfifo", "wait", "WNOHANG")),
    (signal, ("SIGKILL", "SIGHUP", "SIGXCPU", "SIGALRM", "setitimer", "pthread_sigmask")),
    (socket, ("AF_UNIX", "socketpair", "SCM_RIGHTS")),
)
SYSTEMS = {
    "win32": (*LINUX, *POSIX),
    "darwin": LINUX,
}
MODULES = {"win32": {"fcntl", "grp", "pty", "pwd", "resource", "termios"}, "darwin": set[str]()}
OURS = "grader"


class Absent:
    """Finds that a module is not there."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(self, name: str, *_: object) -> None:
        """Raise ModuleNotFoundError for what this system has not."""
        if name in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def become(system: str) -> None:
    """Take from this process what another system has not."""
    for package in THEIRS:
        importlib.import_module(package)
    assert not [name for name in sys.modules if name.split(".")[0] == OURS]
    for module, names in SYSTEMS[system]:
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in MODULES[system]:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, Absent(MODULES[system]))  # type: ignore[arg-type]
    sys.platform = system


if __name__ == "__main__":
    become(sys.argv[1])
    from click.testing import CliRunner

    from grader.cli.main import main

    ends = []
    for words in json.loads(sys.argv[2]):
        done = CliRunner().invoke(main, words)
        raised = not isinstance(done.exception, SystemExit | None)
        ends.append([done.exit_code, done.output, f"{done.exception!r}" if raised else ""])
    print(json.dumps(ends))
