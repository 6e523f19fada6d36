"""One tree of errors, drawn as it is, whose exit codes are documented; it crosses processes."""

import importlib
import pickle
import pkgutil
import re
from pathlib import Path

import pytest

import grader
from grader.course.settings import AssignmentError
from grader.files import Unwritable
from grader.model import errors
from grader.model.errors import ExitCode, FileError, GraderError
from grader.model.message import Message, said

ROOT = Path(__file__).parents[2]
DRAWN = re.compile(r"^    [├└]── (\w+) .* (\d+)$", re.MULTILINE)
for module in pkgutil.walk_packages(grader.__path__, "grader."):
    if not module.name.startswith(("grader.sandbox.guest", "grader.templates")):
        importlib.import_module(module.name)
KINDS = sorted(GraderError.__subclasses__(), key=lambda kind: kind.__name__)


def made(kind: type[GraderError]) -> GraderError:
    """Return an error of a kind."""
    if kind is AssignmentError:
        return AssignmentError(Path("a.py"), 3, "it is odd", "Make it even")
    if kind is Unwritable:
        return Unwritable(Path("a.csv"), OSError(28, "No space left on device"))
    if kind is FileError:
        return FileError(PermissionError(13, "Permission denied", "a.csv"))
    return kind(Message("`{name}` is odd.", name="a"), "Make it even.")


def test_the_tree_is_drawn_as_it_is():
    drawn = {name: int(code) for name, code in DRAWN.findall(errors.__doc__)}
    assert drawn == {kind.__name__: kind.exit_code for kind in KINDS}


def test_every_error_that_is_ours_is_in_the_tree():
    apart = {"Uncarried"}  # within an import from otter-grader, which says what it leaves out
    apart |= {"Overtaken"}  # what somebody decides while others do is shown to them first
    apart |= {"Unusable"}  # within mistake.py, which makes an AssignmentError with a line of it
    theirs = {"StudentError", "Failure", "Otherwise", "Unlike"}
    for path in (ROOT / "grader").rglob("*.py"):
        if "guest" in path.parts or "templates" in path.parts:
            continue
        for name, base in re.findall(
            r"^class (\w+)\((\w*(?:Exception|Error))\)", path.read_text(), re.M
        ):
            if name not in apart | theirs | {"TimedOut", "OutOfMemory", "GraderError"}:
                assert base == "GraderError", f"{path}: {name}"


def test_exit_codes_are_documented_in_their_own_words():
    table = (ROOT / "docs" / "commands.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", table, re.MULTILINE)
    assert rows == [(f"{code:d}", code.meaning) for code in ExitCode]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_crosses_processes_with_its_words_and_remedy(kind):
    error = made(kind)
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is kind and there.exit_code is kind.exit_code
    assert str(there) == str(error) and said(there) == said(error)
    assert there.remedy == error.remedy and str(error).endswith(str(error.remedy))


def test_errors_of_the_system_errors_name_the_file_and_the_remedy():
    assert str(made(FileError)) == (
        "a.csv cannot be used: Permission denied. Once it can, the same command goes on."
    )
