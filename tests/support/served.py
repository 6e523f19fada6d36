"""A desk that is served in this process, for real browsers."""

import threading
from pathlib import Path

import uvicorn

from grader.view.app import app
from grader.view.desk import Desk
from grader.view.serve import listen


class Served:
    """A desk and its server."""

    def __init__(self, folder: Path, who: str, asked: Path | None = None) -> None:
        self.desk, self._socket = Desk(folder, who, asked=asked), listen(0)
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.door = app(self.desk, self.base.removeprefix("http://"), "en")
        config = uvicorn.Config(self.door, log_level="warning", lifespan="off", ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    def close(self) -> None:
        """End the server and what goes on beside it."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.desk.__exit__()
