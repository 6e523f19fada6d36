"""Of processes that share tests, one builds what a file shares, and parameters stay together."""

import subprocess
import sys
from pathlib import Path

from tests.support.shares import builds

ROOT = Path(__file__).parents[2]
CONFTEST = """
import os, pytest
from tests.support.shares import Shares

def pytest_xdist_make_scheduler(config, log):
    return Shares(config, log)

@pytest.fixture(scope="session")
def each():
    with open("dear", "a") as file:
        print(os.getpid(), file=file)
"""
DEAR = """
def test_one(each): pass
def test_another(each): pass
"""
SHARING = """
import os, pytest

@pytest.fixture(scope="module")
def built():
    with open("built", "a") as file:
        print(os.getpid(), file=file)

@pytest.mark.parametrize("n", range(20))
def test_one(built, n): pass
def test_another(built): pass
def test_a_third(built): pass
"""
ALONE = """
import os, pytest

@pytest.mark.parametrize("n", range(20))
def test_of_one_function(n):
    with open("together", "a") as file:
        print(os.getpid(), file=file)

@pytest.mark.parametrize("text", ["a::b", "[", "x]["])
def test_with_odd_parameters(text): pass
"""


def test_what_a_file_shares_is_built_once_and_every_test_is_run(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_sharing.py").write_text(SHARING)
    (tmp_path / "test_alone.py").write_text(ALONE)
    for name in ("one", "another", "third"):
        (tmp_path / f"test_{name}.py").write_text(DEAR)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:grader", "--dist"]
    done = subprocess.run(
        [*command, "loadscope", "--rootdir", tmp_path], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert "51 passed" in done.stdout, done.stdout
    for shared in ("built", "dear"):
        assert len((tmp_path / shared).read_text().split()) == 1
    together = (tmp_path / "together").read_text().split()
    assert len(together) == 20 and len({*together}) == 1


def test_a_file_without_fixtures_of_its_own_is_shared_out():
    assert builds(ROOT / "tests/system/test_messy.py")
    assert not builds(Path(__file__).with_name("test_faults.py"))
