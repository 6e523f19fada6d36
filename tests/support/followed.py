"""Documents that do what they say: their commands are run, and print what stands below them."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = re.compile(r"(?ms)^```(\w+)\n(.*?)^```$")
COMMAND = re.compile(r"(?m)^\$ ")
ADDED = re.compile(r"add to the end of\s+`([^`]+)`:$", re.IGNORECASE)
REPLACED = re.compile(r"In `([^`]+)`, put this in the place of `([^`]+)`:$")
NAMED = re.compile(r"`([\w/]+\.\w+)`[^`]*:$")
FOUND = 1
"""Exit code of a command that finds something, which it says by ✗ or "moved"."""
PERSON = 3
"""Exit code of `grader grade` where a person should look."""


def squeezed(text: str) -> str:
    return " ".join(text.split())


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        command, shell=True, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=200,
    )  # fmt: skip


def follow(session: str, folder: Path) -> None:
    """Type what stands after each `$`; what stands below it must be printed, in that order."""
    for typed in filter(None, COMMAND.split(session)):
        command, _, shown = typed.partition("\n")
        done = run(command, folder)
        printed, lines = squeezed(done.stdout), shown.splitlines()
        at = 0
        for line in lines:
            pattern = re.escape(squeezed(line)).replace("…\\ │", "… │").replace("\\ …", ".*?")
            found = re.compile(pattern).search(printed, at)
            assert found, f"$ {command}\nshould print: {line}\nand prints:\n{done.stdout}"
            at = found.end()
        finds = any("✗" in line or line.endswith(" moved") for line in lines)
        due = PERSON if any("for a person" in line for line in lines) else FOUND if finds else 0
        assert done.returncode == due, f"$ {command}\n{done.stdout}"


def use(before: str, text: str, folder: Path) -> None:
    """Do with a block what the sentence before it says."""
    if added := ADDED.search(before):
        path = folder / added[1]
        path.write_text(path.read_text("utf-8") + "\n\n" + text, "utf-8")
    elif replaced := REPLACED.search(before):
        path, old = folder / replaced[1], replaced[2]
        source = path.read_text("utf-8")
        assert source.count(old) == 1, f"{path} holds {old!r} {source.count(old)} times"
        path.write_text(source.replace(old, text.rstrip("\n")), "utf-8")
    elif named := NAMED.search(before):
        content = (folder / named[1]).read_text("utf-8")
        if named[1].endswith(".html"):
            content = squeezed(html.unescape(re.sub("<[^>]*>", "", content)))
            text = squeezed(text)
        assert text in content, f"{named[1]} does not hold\n{text}"
    else:
        pytest.fail(f"Nothing says what to do with\n{text}\nafter\n{before[-200:]}")


def followed(document: str, folder: Path) -> None:
    """Do in a folder what the blocks of a document say, one after the other."""
    end = 0
    for block in BLOCK.finditer(document):
        kind, text = block.groups()
        before = document[end : block.start()].rstrip().rpartition("\n\n")[2]
        if kind == "console":
            follow(text, folder)
        else:
            use(before, text, folder)
        end = block.end()
