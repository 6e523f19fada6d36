"""One mail as text, whoever has written it: read under limits, and nothing of it is followed."""

import html
import re
from email import message_from_bytes
from email.header import decode_header
from email.message import Message as Mail
from email.utils import mktime_tz, parsedate_tz
from itertools import islice

from ..model.request import About, Request

MOST_BYTES = 1_000_000
"""Of a mail; what follows is not read, such as a notebook that is attached."""
MOST_PARTS, MOST_HEADER, MOST_TEXT = 100, 1_000, 200_000
CHARSETS = re.compile(r"(utf-?8|us-ascii|iso-|windows-|cp\d|euc|ks_c|gb|big5|shift_jis|koi8)", re.I)
"""How mails are encoded; Python has others, of which decoding punycode takes quadratic time."""
BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li)\b[^<>]*>", re.IGNORECASE)
TAGS = re.compile(r"<[^<>]*>")


def read(data: bytes, place: str) -> Request:
    """Return the request in a mail. What Python's parser raises for a hostile one, it raises."""
    mail = message_from_bytes(data[:MOST_BYTES])
    about, text = About.read(_text(mail))
    return Request(
        place, about, text, _header(mail, "From"), _header(mail, "Subject"), _moment(mail)
    )


def _text(mail: Mail) -> str:
    """Return the first part that is text: plain if there is one, else HTML without its tags."""
    parts = [part for part in islice(mail.walk(), MOST_PARTS) if not part.get_filename()]
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind:
                payload = part.get_payload(decode=True)
                data = payload if isinstance(payload, bytes) else b""
                text = _decoded(data, f"{part.get_param('charset', '')}")
                return text if kind == "text/plain" else _untagged(text)
    return ""


def _untagged(text: str) -> str:
    return html.unescape(TAGS.sub("", BREAKS.sub("\n", text)))


def _header(mail: Mail, name: str) -> str:
    """Return a header in words, on one line."""
    raw = f"{mail.get(name, '')}"[:MOST_HEADER]
    pieces = (
        piece if isinstance(piece, str) else _decoded(piece, charset or "")
        for piece, charset in decode_header(raw)
    )
    return " ".join("".join(pieces).split())


def _moment(mail: Mail) -> float | None:
    found = parsedate_tz(f"{mail.get('Date', '')}"[:100])
    try:
        return float(mktime_tz(found)) if found else None
    except (ValueError, OverflowError):
        return None


def _decoded(data: bytes, charset: str) -> str:
    """Return bytes as text in the encoding that the mail names, or else in UTF-8."""
    data = data[:MOST_TEXT]
    try:
        return data.decode(charset if CHARSETS.match(charset) else "utf-8")
    except (LookupError, UnicodeDecodeError):
        return data.decode("utf-8", "replace")
