"""The scheduler of a dask cluster: where it is, and how both sides know that they belong together.

Who reaches a scheduler commands its workers, and who listens reads hidden checks and the key. So
beyond this machine there is TLS, in which both sides show a certificate of the course team's.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..model.message import Message
from .job import CannotJudge


@dataclass(frozen=True)
class Scheduler:
    """Raises CannotJudge for an address at which nothing may be said."""

    address: str
    """tls://HOST:PORT or tcp://HOST:PORT."""
    ca_file: Path | None = None
    """The certificates that the other side's must be, or be signed by."""
    cert: Path | None = None
    key: Path | None = None
    plain: bool = False
    """Whether others may listen, since the network belongs to the course team alone."""

    def __post_init__(self) -> None:
        scheme, separator, _ = self.address.partition("://")
        if not separator:
            object.__setattr__(self, "address", f"tcp://{self.address}")
        elif scheme not in ("tcp", "tls"):
            raise CannotJudge(
                Message("{address} is not tls://HOST:PORT or tcp://HOST:PORT", address=self.address)
            )
        if self._encrypted:
            return
        if self._files:
            raise CannotJudge(
                Message(
                    "certificates are given, but {address} is not encrypted: start scheduler and "
                    "workers with --protocol tls, and write tls://",
                    address=self.address,
                )
            )
        if not self.plain and not self._here:
            raise CannotJudge(
                Message(
                    "{address} is another machine, and tcp is not encrypted: who listens can read "
                    "hidden checks and the key, and who connects commands the workers. Use tls:// "
                    "with certificates (docs/scale.md), or say --plain-tcp in a network of the "
                    "course team alone",
                    address=self.address,
                )
            )

    @property
    def security(self) -> dict[str, Any] | None:
        """What dask's Security is made with; without files, dask's configuration names them."""
        if not self._encrypted:
            return None
        named = {"tls_ca_file": self.ca_file, "tls_client_cert": self.cert}
        named["tls_client_key"] = self.key
        files = {name: f"{path}" for name, path in named.items() if path}
        return {"require_encryption": True, **files}

    @property
    def _encrypted(self) -> bool:
        return self.address.startswith("tls://")

    @property
    def _files(self) -> bool:
        return any((self.ca_file, self.cert, self.key))

    @property
    def _here(self) -> bool:
        """Whether only this machine's own processes can listen and connect."""
        try:
            host = urlsplit(self.address).hostname or ""
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:  # the name of another machine
            return False
