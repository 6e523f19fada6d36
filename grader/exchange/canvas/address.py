"""The address of an assignment in Canvas, as a browser shows it."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from ...model.message import Message

PATH = re.compile(r"/courses/(\d{1,19})/assignments/(\d{1,19})(/.*)?", re.ASCII)


@dataclass(frozen=True)
class Address:
    """An assignment: https://canvas.example.edu/courses/12/assignments/345."""

    site: str
    """Scheme, host and port."""
    course: int
    assignment: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read an address. Raises ValueError."""
        parts = _split(text)
        found = PATH.fullmatch(parts.path) if parts else None
        if not parts or not found:
            raise ValueError(
                Message(
                    "{text} is not the address of an assignment; one is such as "
                    "https://canvas.example.edu/courses/12/assignments/345",
                    text=repr(text),
                )
            )
        if not guarded(text):
            raise ValueError(
                Message(
                    "{text} does not begin with https://: the token could be read on its way.",
                    text=repr(text),
                )
            )
        return cls(origin(text), int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.site}/courses/{self.course}/assignments/{self.assignment}"


def origin(url: str) -> str:
    """Return scheme, host and port of a URL; "" if it has none."""
    parts = _split(url)
    if not parts or not parts.hostname or parts.scheme not in ("http", "https"):
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = 443 if parts.scheme == "https" else 80
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def guarded(url: str) -> bool:
    """Whether nobody on the way can read what is sent to a URL: by https, or on this machine."""
    return url.lower().startswith("https://") or here(url)


def here(url: str) -> bool:
    """Whether a URL leads to this machine itself."""
    parts = _split(url)
    if not parts or not parts.hostname:
        return False
    try:
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    """Split a URL; None if that is not possible, or if it names a user."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if "@" in parts.netloc else parts
