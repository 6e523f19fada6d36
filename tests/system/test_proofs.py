"""What CI leaves out is what has not changed since it succeeded, and it says so."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import proofs
from tests.proofs import NOTES, main
from tests.support import proof
from tests.support.proof import Proof, git

HERE = {"kernel": "6.1", "packages": "some"}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a file that is depended on and one that is not; where runs are counted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_FULL", raising=False)
    monkeypatch.setattr(proof, "machine", lambda: dict(HERE))
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "kim")
        monkeypatch.setenv(f"{name}_EMAIL", "kim@example.edu")
    git("init", "-q")
    (tmp_path / ".gitignore").write_text("runs\n")
    (tmp_path / ".ci").mkdir()
    (tmp_path / "code").write_text("one")
    commit("the first")
    return tmp_path / "runs"


def commit(message: str, **files: str) -> None:
    for name, text in files.items():
        Path(name).write_text(text)
    git("add", "-A")
    git("commit", "-qm", message, "--allow-empty")


def prove(code: int = 0) -> int:
    return main((), {"all": Proof(f"echo run >> runs; exit {code}", ("code",))})


def count(runs: Path) -> int:
    return len(runs.read_text().splitlines()) if runs.exists() else 0


@pytest.fixture
def proved(runs: Path) -> Path:
    """The same, when it was proved once and that is committed."""
    assert prove() == 0
    commit("proved")
    return runs


def test_what_is_as_it_was_is_not_run_and_that_is_said(proved, capsys):
    commit("something else", other="two")
    assert prove() == 0 and count(proved) == 1
    at = json.loads(NOTES.read_text())["all"]["commit"]
    assert f"all: NOT RUN. All that it depends on is as at {at[:9]}" in capsys.readouterr().out
    assert git("status", "--porcelain") == ""


def test_what_an_author_has_translated_puts_no_proof_in_doubt(runs, capsys):
    def proves() -> int:
        proof = Proof("echo run >> runs", ("autograder_tests/attention",))
        assert main((), {"verify-attention": proof}) == 0
        return count(runs)

    folder = Path("autograder_tests/attention")
    folder.mkdir(parents=True)
    commit("checks", **{f"{folder}/test_it.py": "one"})
    assert proves() == 1
    commit("proved", **{f"{folder}/ko.po": "one"})
    assert proves() == 1
    (folder / "ko.po").write_text("two")  # not even committed
    assert proves() == 1
    commit("another check", **{f"{folder}/test_it.py": "two"})
    assert proves() == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _: commit("another", code="two"), "1 files that it depends on have changed"),
        (lambda _: Path("code").write_text("two"), "files are not committed"),
        (lambda _: Path("code").unlink(), "files are not committed"),
        (lambda patch: patch.setitem(HERE, "kernel", "6.2"), "there are other kernel"),
        (lambda patch: patch.setitem(HERE, "user", "root"), "there are other user"),
        (lambda patch: patch.setenv("CI_FULL", "1"), "run, for everything is"),
        (lambda _: git("rm", "-q", str(NOTES)), "no run of it that succeeded is noted"),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_run_and_the_reason_is_said(
    proved, monkeypatch, capsys, change, reason
):
    change(monkeypatch)
    assert prove() == 0 and count(proved) == 2
    assert reason in capsys.readouterr().out


def test_a_commit_that_is_in_no_history_proves_nothing(proved, capsys):
    notes = json.loads(NOTES.read_text())
    notes["all"]["commit"] = "0" * 40
    commit("forged", **{str(NOTES): json.dumps(notes)})
    assert prove() == 0 and count(proved) == 2
    assert "is not in this history" in capsys.readouterr().out


def test_without_a_history_everything_is_in_doubt(proved):
    shutil.rmtree(".git")
    assert prove() == 0 and count(proved) == 2


def test_what_fails_is_an_exit_code_and_is_not_noted(runs):
    assert prove(5) == 5
    assert not NOTES.exists()


def test_what_is_proved_with_changes_in_the_folder_is_not_noted(runs):
    Path("other").write_text("not committed")
    assert prove() == 0 and count(runs) == 1
    assert not NOTES.exists()


def test_what_this_machine_cannot_run_is_said_and_not_noted(runs, capsys):
    assert prove(proofs.NOT_HERE) == 0
    assert "SKIPPED" in capsys.readouterr().out and not NOTES.exists()


def test_what_comes_after_a_failure_is_not_run_and_what_came_before_is_noted(runs):
    every = {"a": Proof("true", ("code",)), "b": Proof("false", ()), "c": Proof("touch runs", ())}
    assert main((), every) == 1
    assert json.loads(NOTES.read_text()).keys() == {"a"} and not runs.exists()


def test_neighbours_with_the_same_command_are_run_at_once_as_far_as_they_are_in_doubt(runs):
    def prove(*files: str) -> int:
        command = "echo '{parts}' >> runs"
        return main((), {f: Proof(command, (f,), part=f"[{f}]", joint=" or ") for f in files})

    commit("more", one="1", two="2")
    assert prove("one") == 0 and runs.read_text() == "[one]\n"
    commit("proved")
    assert prove("one", "code", "two") == 0
    assert runs.read_text() == "[one]\n[code] or [two]\n"
    assert json.loads(NOTES.read_text()).keys() == {"one", "code", "two"}


def test_some_are_proved_by_the_beginning_of_their_names(runs):
    every = {
        n: Proof(f"echo {n} >> runs", ("code",)) for n in ("verify-gru", "verify", "verifying")
    }
    assert main(("verify",), every) == 0
    assert runs.read_text().split() == ["verify-gru", "verify"]


def test_where_any_layers_will_do_another_kernel_changes_nothing(runs, monkeypatch):
    every = {"all": Proof("echo run >> runs", ("code",), machine=proof.ANY_LAYERS)}
    assert main((), every) == 0
    commit("proved")
    monkeypatch.setitem(HERE, "kernel", "6.2")
    assert main((), every) == 0 and count(runs) == 1
    monkeypatch.setitem(HERE, "packages", "others")
    assert main((), every) == 0 and count(runs) == 2


def test_a_proof_depends_on_what_is_imported_and_a_planted_import_puts_it_in_doubt(
    runs, tmp_path_factory, monkeypatch, capsys
):
    def moved(message: str, **modules: str) -> int:
        """Commit modules of grader/ in a copy, as what was read of a file is kept; prove there."""
        here = tmp_path_factory.mktemp("copy") / "copy"
        shutil.copytree(Path.cwd(), here, symlinks=True)
        monkeypatch.chdir(here)
        Path("grader").mkdir(exist_ok=True)
        commit(message, **{f"grader/{name}.py": text for name, text in modules.items()})
        assert main((), {"all": Proof("echo run >> runs", (), ("grader/start.py",))}) == 0
        git("add", "-A")
        git("commit", "-qm", "proved", "--allow-empty")
        return count(Path("runs"))

    Path("pyproject.toml").write_text("[project.entry-points.pytest11]\n")
    assert moved("first", __init__="", start="from . import near", near="", far="x = 1") == 1
    assert moved("a file that is not imported", far="x = 2") == 1
    assert moved("one that is", near="x = 1") == 2
    capsys.readouterr()
    assert moved("an import is planted", near="def f():\n    from .far import x\n") == 3
    assert "1 files that it depends on have changed: grader/near.py." in capsys.readouterr().out
    assert moved("what is imported now", far="x = 3") == 4
    assert moved("and another that is not", further="") == 4


def test_every_proof_of_ours_depends_on_files_that_exist():
    for one in proofs.PROOFS.values():
        for path in one.paths:
            assert (proofs.ROOT / path).exists(), path


def test_every_long_test_is_in_a_proof():
    files = {path for path in (proofs.ROOT / "tests").rglob("*.py") if is_long(path)}
    parts = {one.part for one in proofs.PROOFS.values()}.union(*proofs.OF_EACH.values())
    assert {f"{path.relative_to(proofs.ROOT)}" for path in files} <= parts
    for name in proofs.NAMES:
        assert {f"{kind}-{name}" for kind in ("verify", "run", "give")} <= proofs.PROOFS.keys()


def is_long(path: Path) -> bool:
    text = path.read_text("utf-8")
    return path.name.startswith("test_") and bool(re.search(r"mark\.whole|\bEACH\b", text))


def test_the_machine_is_described(monkeypatch):
    machine = proof.machine.__wrapped__
    about = machine()
    assert about["kernel"] and about["python"].startswith("3.") and len(about["packages"]) == 16
    assert machine() == about and about.keys() == {*proof.MACHINE}
    dists = list(proof.importlib.metadata.distributions())[1:]
    monkeypatch.setattr(proof.importlib.metadata, "distributions", lambda: dists)
    assert machine()["packages"] != about["packages"]


def test_the_notes_of_this_repository_can_be_read():
    if (path := proofs.ROOT / NOTES).exists():
        assert json.loads(path.read_text()).keys() <= proofs.PROOFS.keys()
    subprocess.run(["bash", "-n", proofs.ROOT / ".ci" / "run"], check=True)


def test_packages_are_asked_for_by_proofs_in_doubt_alone(proved, monkeypatch):
    every = {"all": Proof("echo run >> runs; exit 0", ("code",), packages=("slurmd", "slurmctld"))}
    assert proofs.packages(every) == []
    commit("another", code="two")
    assert proofs.packages(every) == ["slurmctld", "slurmd"]
    commit("as it was", code="one")
    assert proofs.packages(every) == []
    monkeypatch.setenv("CI_FULL", "1")
    assert proofs.packages(every) == ["slurmctld", "slurmd"]


def test_a_machine_without_slurm_proves_nothing_of_it():
    done = subprocess.run(
        [sys.executable, "-m", "tests.slurm"], capture_output=True, text=True,
        cwd=Path(__file__).parents[2], env={"PATH": "/nowhere"},
    )  # fmt: skip
    assert done.returncode == proofs.NOT_HERE
    assert "there is no slurmctld" in done.stderr
