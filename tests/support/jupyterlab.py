"""A real JupyterLab on loopback, as a process of its own, with settings and sockets in a folder."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.sandbox.host.isolation import THREADS

SECONDS = 120
SETTINGS = {
    # all cells are in the page, not only those in sight
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/themes": {"adaptive-theme": True},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
RAN = r"""() => [...document.querySelectorAll(".jp-CodeCell")].at(-1)
    ?.querySelector(".jp-InputPrompt").textContent.match(/\[\d+\]/)"""
"""Whether the last cell has been run."""
BEGUN = r"""() => [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
    .some(prompt => prompt.textContent.match(/\[(\d+|\*)\]/))"""
"""Whether any cell runs or has been run: a menu that opens too early does nothing."""
MILLISECONDS = 1000 * SECONDS
TRIES = 6


def filled(assignment: Assignment, answers: Mapping[str, str]) -> str:
    """Return the students' notebook with answers in place of what they are to write."""
    book = skeleton(assignment)
    for cell in book["cells"]:
        question = cell["metadata"].get("grader", {}).get("question")
        cell["source"] = answers.get(question, cell["source"])
    return json.dumps(book)


def run_all(page: Any) -> list[str]:
    """Run all cells from the menu; return what stands below each, as a student reads it."""
    from playwright.sync_api import TimeoutError as TooLate

    idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    idle.wait_for(timeout=MILLISECONDS)
    for _ in range(TRIES):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        with contextlib.suppress(TooLate):
            page.wait_for_function(BEGUN, timeout=MILLISECONDS / TRIES)
            break
    page.wait_for_function(RAN, timeout=MILLISECONDS)
    idle.wait_for(timeout=MILLISECONDS)
    return [area.inner_text() for area in page.locator(".jp-CodeCell .jp-OutputArea").all()]


class JupyterLab:
    """Serves a folder. Use it as a context manager."""

    def __init__(self, folder: Path, state: Path) -> None:
        """`state` is an empty folder for what it writes of its own."""
        self.folder, self._token = folder, secrets.token_urlsafe()
        self._log = state / "log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        for name, values in SETTINGS.items():
            path = state / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={self._token}",
            f"--ServerApp.root_dir={folder}", "--KernelManager.transport=ipc",
            "--LabApp.extension_manager=readonly",
        ]  # fmt: skip
        where = {
            "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime", "IPYTHONDIR": "ipython",
        }  # fmt: skip
        own = {name: f"{state / place}" for name, place in where.items()}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=os.environ | dict.fromkeys(THREADS, "1") | own, cwd=folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def address(self, notebook: str) -> str:
        """Return the address of a notebook, alone on its page."""
        place = f"doc/tree/{notebook}"
        return f"http://127.0.0.1:{self._port}/{place}?token={self._token}"

    def __enter__(self) -> Self:
        begun = time.monotonic()
        while time.monotonic() < begun + SECONDS and self._process.poll() is None:
            try:
                self._asked("api/status")
                return self
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        raise RuntimeError(self._log.read_text(errors="replace"))

    def __exit__(self, *exc_info: object) -> None:
        """End the kernels and the server."""
        self._process.terminate()  # it shuts its kernels down first
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _asked(self, path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/{path}",
            headers={"Authorization": f"token {self._token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
