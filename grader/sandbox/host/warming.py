"""The process of a zygote while it starts: for that, nobody needs torch here."""

import os
import socket
import subprocess
import tempfile

from ..guest.layer import Layer
from . import isolation


class Warming:
    """A zygote that imports torch and warms up, for two seconds."""

    def __init__(self, layers: list[Layer], *, trains: bool) -> None:
        """Start the program. Raises OSError."""
        self.layers, self.trains = layers, trains
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.place = (
            "" if Layer.NAMESPACES in layers else tempfile.mkdtemp(prefix="grader-workers-")
        )
        if self.place:
            os.chmod(self.place, 0o711)  # workers may be other users, each in a folder of its own
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the zygote)
        with theirs:
            self.process = subprocess.Popen(
                isolation.command(layers, theirs.fileno(), self.place, trains=trains),
                env=isolation.environment(layers),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self.errors,
                stderr=self.errors,
            )
