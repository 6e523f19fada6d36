"""What fails for an earlier question's sake alone, and is therefore no mistake of its own.

A public check runs the student's whole notebook, hidden ones their question with right code
around it: where these pass, the question is right.
"""

from collections.abc import Iterable

from ..model.judgement import Judgement
from ..model.result import CAUSES, Status


def following(judgement: Judgement, questions: Iterable[str]) -> dict[str, str]:
    """Return the public checks that fail so, each with the first question that is not right."""
    found: dict[str, str] = {}
    earlier = ""
    for question in questions:
        results = judgement.of(question)
        hidden = {result.status for result in results if not result.public}
        right = Status.PASSED in hidden and not hidden & {*CAUSES}
        failed = [result for result in results if result.status in CAUSES]
        if right and earlier:
            found |= {result.check: earlier for result in failed if result.public}
        elif failed:
            earlier = earlier or question
    return found
