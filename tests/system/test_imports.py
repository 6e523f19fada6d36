"""What a program of ours consists of is found from its text; nothing that it opens is missing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import proofs
from tests.support.imports import Needs
from tests.support.small_course import CHECKS, NAME, write

ROOT = Path(__file__).parents[2]
VERIFIED = Needs.of(ROOT, [ROOT / "tests/verified.py"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A package of four modules, of which one is a program."""
    (tmp_path / "pyproject.toml").write_text("[project.entry-points.pytest11]\n")
    files = {
        "__init__": "", "inner/__init__": "", "inner/deep": "from ..start import x", "far": "",
        "start": "from . import near", "near": "x = 1", "index": "from .far import a\n"
        "from .inner.deep import b as c\n__all__ = ['a', 'c']",
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "grader" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def found(checkout: Path, planted: str = "") -> set[str]:
    (checkout / "grader" / "near.py").write_text(planted)
    needs = Needs.of(checkout, [checkout / "grader" / "start.py"])
    return {path.stem for path in needs.files if path.stem != "__init__"} - {"start", "near"}


@pytest.mark.parametrize(
    "line", ["# import grader.far\n'''grader.far'''", "if TYPE_CHECKING:\n    from . import far"]
)
def test_what_is_imported_counts_and_nothing_else(checkout, line):
    assert found(checkout, line) == set()


@pytest.mark.parametrize(
    "line",
    [
        "from . import far", "from .far import x", "from grader.far import x", "import grader.far",
        "from grader import far as near", "def f():\n    from .far import x", "from .far import *",
        "if 0:\n    import grader.far as f", "run(['-m', 'grader.far'])", "x = 'grader.far:main'",
        "patch(f'grader.far.{x}')",
    ],
)  # fmt: skip
def test_a_planted_import_counts(checkout, line):
    assert found(checkout, line) == {"far"}


def test_the_packages_around_a_module_count(checkout):
    (checkout / "grader" / "near.py").write_text("from .inner import deep")
    files = Needs.of(checkout, [checkout / "grader" / "start.py"]).files
    assert checkout / "grader" / "inner" / "__init__.py" in files


def test_a_module_that_only_passes_on_names_counts_by_name(checkout):
    assert found(checkout, "from .index import c") == {"deep"}
    needs = Needs.of(checkout, [checkout / "grader" / "start.py"])
    assert needs.passed_on == {"grader.index:c=grader.inner.deep.b"}


@pytest.mark.parametrize(
    "line", ["from . import index", "from .index import d", "import grader.index"]
)
def test_it_counts_whole_where_names_cannot_be_told_apart(checkout, line):
    assert found(checkout, line) == {"index", "far", "deep"}


def test_a_module_that_does_more_than_passing_on_counts_whole(checkout):
    with (checkout / "grader" / "index.py").open("a") as file:
        file.write("\nprint()")
    assert found(checkout, "from .index import a") == {"index", "far", "deep"}


def test_a_file_that_is_no_module_counts_once_a_string_names_it_or_its_folder(checkout):
    for name in ("templates/page.html", "templates/new/test_new.py", "words.txt"):
        path = checkout / "grader" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    shutil.copytree(checkout, again := checkout / "again")
    assert found(checkout, "open(HERE / 'templates')") == {"page", "test_new"}
    assert found(again, "'''words.txt'''\nopen(HERE / 'words.txt')") == {"words"}


def test_a_page_a_table_and_a_platform_put_no_verification_in_doubt():
    folders = {path.parts[1] for path in map(relative, VERIFIED.files) if path.parts[0] == "grader"}
    assert {"sandbox", "checking", "verify", "judging"} < folders
    assert not folders & {"report", "store", "exchange", "similarity", "intake", "cli"}


def relative(path: Path) -> Path:
    return path.relative_to(ROOT)


def test_what_authors_import_counts_by_name():
    code = proofs.PROOFS["verify-attention"].code
    assert "grader.checks:pure=grader.compare.requirements.pure" in code.passed_on
    assert ROOT / "grader/compare/requirements.py" in code.files
    assert ROOT / "grader/checks.py" not in code.files


@pytest.mark.whole
@pytest.mark.skipif(not shutil.which("strace"), reason="watches with strace what is opened")
def test_no_process_of_a_verification_opens_a_file_that_does_not_count(tmp_path):
    course, _ = write(tmp_path / "course", CHECKS)
    log = tmp_path / "opened"
    code = "import sys, pathlib; from tests.verified import main, Course; "
    code += "sys.exit(main(sys.argv[1:2], Course(pathlib.Path(sys.argv[2]))))"
    watch = ["strace", "-f", "-qq", "-e", "trace=open,openat", "-e", "status=successful", "-o", log]
    subprocess.run([*watch, sys.executable, "-c", code, NAME, course.root], cwd=ROOT)
    opened = re.findall(rf'"({re.escape(str(ROOT))}/[^"]+\.\w+)", O_RDONLY', log.read_text())
    ours = {path for path in map(Path, opened) if not path.is_relative_to(ROOT / ".venv")}
    sources = {_source(path) for path in ours}
    named = Needs.of(ROOT, [ROOT / "grader/checks.py"])  # all are opened; a few are asked for
    assert len(sources) > 50 and sources <= VERIFIED.files | named.files


def _source(path: Path) -> Path:
    """Return what Python has compiled into a .pyc."""
    if path.suffix != ".pyc":
        return path
    return path.parents[1] / f"{path.name.partition('.')[0]}.py"
