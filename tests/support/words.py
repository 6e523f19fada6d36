"""What is said, in English, for tests that compare it."""

from collections.abc import Iterable

from grader.model.message import Text


def words(texts: Iterable[Text]) -> list[str]:
    return [str(text) for text in texts]
