"""The names of a platform that the grader has never heard of: ``kim@campus~attention.ipynb``."""

from pathlib import Path

from grader.intake.platform import Claim, Files


class Campus:
    def claims(self, file: Path, parts: tuple[str, ...]) -> list[Claim]:
        who, at, rest = parts[-1].partition("@campus~")
        return [Claim(who, inside=rest)] if at else []


def platform(files: Files, assignment: str) -> Campus:
    return Campus()
