"""A real JupyterLab on loopback, as a process of its own, with settings and sockets in a folder."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Self

from grader.sandbox.host.isolation import THREADS

SECONDS = 120
SETTINGS = {
    # all cells are in the page, not only those in sight
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


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
