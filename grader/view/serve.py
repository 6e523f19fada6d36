"""The server: on this machine's loopback alone, until Ctrl-C."""

import contextlib
import socket
import sys
from collections.abc import Callable

import uvicorn

from ..store.store import NAME, Store
from .app import app
from .desk import Desk, warm_up

LOOPBACK = "127.0.0.1"
SWITCH = 0.0005
"""Seconds after which a thread that makes pages lets go: an answer waits for it at every query."""


def serve(desk: Desk, port: int, announce: Callable[[str], None]) -> None:
    """Serve a folder's pages until interrupted; `announce` is told the address that lets one in.

    Port 0 takes any that is free. Raises OSError where the port is taken.
    """
    with Store(desk.folder / NAME) as store:
        language = store.language
    sys.setswitchinterval(SWITCH)
    warm_up(language)
    with listen(port) as listening, desk:
        door = app(desk, f"{LOOPBACK}:{listening.getsockname()[1]}", language)
        config = uvicorn.Config(
            door, log_level="warning", access_log=False, lifespan="off", server_header=False,
            ws="none", timeout_graceful_shutdown=2,
        )  # fmt: skip
        announce(door.address)
        desk.writer.ask()
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once it has ended
            uvicorn.Server(config).run(sockets=[listening])


def listen(port: int) -> socket.socket:
    """Listen on the loopback. Raises OSError where the port is taken.

    What connects inherits TCP_NODELAY, which asyncio sets only for sockets of its own making; else
    the last packet of every page waits 40 ms until the browser has acknowledged the others.
    """
    listening = socket.create_server((LOOPBACK, port))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
