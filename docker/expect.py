"""What a check of an image says when it does not hold."""


class Wrong(Exception):
    """A property that an image should have and does not have; the message says what was seen."""


def expect(holds: bool, seen: str) -> None:
    """Raise Wrong with what was seen, unless it holds."""
    if not holds:
        raise Wrong(seen)
