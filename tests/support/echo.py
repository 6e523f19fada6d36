"""A service whose processes say what they are told, unless they are told to die."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from grader.course.settings import AssignmentError
from grader.judging.job import Job
from grader.sandbox.host.zygote import Zygote


@dataclass(frozen=True)
class Echo:
    """Answers a text by the process that has read it, and the text."""

    job: Job
    seconds: ClassVar[float | None] = None
    tries: ClassVar[int] = 2

    def zygote(self, session, warming) -> Zygote:
        return Zygote(unsafe=True, warming=warming)

    def server(self, session, zygote) -> Callable[[str], tuple[int, str]]:
        def answer(text: str) -> tuple[int, str]:
            match text.split():
                case ["die", code]:
                    os._exit(int(code))
                case ["die", "once", mark] if not Path(mark).exists():
                    Path(mark).touch()
                    os._exit(1)
                case ["complain"]:
                    raise AssignmentError(self.job.solution, 3, "it is wrong", "Correct it")
            return os.getpid(), text

        return answer

    def lost(self, task: str, code: int | None) -> tuple[int, str]:
        return 0, f"{task}: code {code}"
