"""The tutorial does what it says: every block of it is followed, in an empty folder."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")
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


@pytest.mark.whole
def test_the_tutorial_does_what_it_says(tmp_path):
    end = 0
    for block in BLOCK.finditer(TUTORIAL):
        kind, text = block.groups()
        before = TUTORIAL[end : block.start()].rstrip().rpartition("\n\n")[2]
        if kind == "console":
            follow(text, tmp_path)
        else:
            use(before, text, tmp_path)
        end = block.end()
    assert (tmp_path / "norms.zip").exists()


def test_a_block_that_nothing_explains_fails(tmp_path):
    with pytest.raises(pytest.fail.Exception):
        use("Some words.", "x = 1\n", tmp_path)


@pytest.mark.parametrize(
    "session",
    ["$ echo one\ntwo\n", "$ false\n", "$ echo two one\none\ntwo\n", "$ echo ✗ bad\n✗ bad\n"],
)
def test_what_is_not_printed_or_not_so_fails(tmp_path, session):
    with pytest.raises(AssertionError):
        follow(session, tmp_path)


def test_what_the_tutorial_shows_may_leave_parts_out(tmp_path):
    follow("$ printf 'x 3 of 4 in 12.5 s\\nlast\\n'\n3 of 4 in …\nlast\n$ true\n", tmp_path)
