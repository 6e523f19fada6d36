"""A class that several machines have judged is the same, byte for byte, as one machine's."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.store.store import NAME, Store
from tests.support.small_course import CHECKS, RIGHT, SKELETON, notebook, write

SOURCES = [
    RIGHT, RIGHT.replace("2 * x", "3 * x"), SKELETON, "x = (", RIGHT.replace("x / 2", "x / 3"),
    RIGHT.replace("return 2 * x", "raise RuntimeError('no')"), RIGHT,
]  # fmt: skip


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course, and a class of whom one has handed in no notebook."""
    write(tmp_path / "course")
    (tmp_path / "in").mkdir()
    for number, source in enumerate(SOURCES):
        (tmp_path / "in" / f"s{number}_doubling.ipynb").write_bytes(notebook(source))
    (tmp_path / "in" / "empty_doubling.ipynb").write_bytes(b"")
    return tmp_path


def grade(folder: Path, out: str, *options: str) -> str:
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling", "-j", 1]
    code, said = run(*words, "-o", folder / out, *options)
    assert code in (0, 3), said
    return said


def files(folder: Path) -> dict[str, bytes]:
    """Return what people get, without the store and the page that shows how long judging took.

    pytest's details hold addresses of memory.
    """
    found = (
        path
        for path in folder.rglob("*")
        if path.is_file() and "sqlite" not in path.name and path.name != "report.html"
    )
    address = re.compile(rb"(?<= at )0x[0-9a-f]+")
    return {p.relative_to(folder).as_posix(): address.sub(b"0x", p.read_bytes()) for p in found}


def test_three_shards_joined_are_the_whole_byte_for_byte(folder, judged_here):
    grade(folder, "whole")
    shares = [grade(folder, f"shard_{n}", "--shard", f"{n}/3") for n in (1, 2, 3)]
    judged = [int(said.partition(" to judge")[0].rpartition(" ")[2]) for said in shares]
    assert sum(judged) == 7 and max(judged) < 7, "identical bytes are judged once"
    shards = [folder / f"shard_{n}" for n in (1, 2, 3)]

    code, said = run("merge", folder / "out", *shards[:2])
    assert code == 3 and "are not judged, is a shard missing?" in said
    code, said = run("merge", folder / "out", *shards)
    assert code == 3 and "not judged" not in said, "3, for somebody has handed in no notebook"
    assert files(folder / "out") == files(folder / "whole")
    assert "0 judgements are new, of 8 submissions" in run("merge", folder / "out", *shards)[1]

    (path,) = (folder / "course").glob("autograder_tests/doubling/test_*.py")
    path.write_text(CHECKS.replace("* 2, x)", "+ x / 2, x)"))
    grade(folder, "shard_1", "--shard", "1/3")
    before = files(folder / "out")
    code, said = run("merge", folder / "out", *shards)
    assert code == 2 and "judged by the same checks, settings, key and versions" in " ".join(
        said.replace("│", " ").split()
    )
    assert files(folder / "out") == before


def test_shards_need_no_pages_and_whoever_wants_them_gets_them_later(folder, judged_here):
    for path in sorted((folder / "in").iterdir())[3:]:
        path.unlink()
    whole = grade(folder, "whole")
    assert "have no pages" not in whole and "feedback.html" in whole
    said = grade(folder, "shard", "--pages", "none")
    assert "Students have no pages (--pages none): --pages all writes them" in said
    assert "feedback.html" not in said and not list((folder / "shard").glob("*/*"))
    again = grade(folder, "shard")
    assert "As before: --pages none" in again and "Students have no pages" in again

    said = run("merge", folder / "out", folder / "shard")[1]
    assert "have no pages" not in said and files(folder / "out") == files(folder / "whole")
    said = run("merge", folder / "out", folder / "shard", "--pages", "failed")[1]
    assert "Students with full marks have no pages" in said
    few = {path.parent.name for path in (folder / "out").glob("*/feedback.html")}
    assert few == {"empty", "s1"}
    assert "with full marks have no pages" in run("merge", folder / "out", folder / "shard")[1]

    said = grade(folder, "shard", "--pages", "all")
    assert "changed: --pages all, before: none" in said
    assert files(folder / "shard") == files(folder / "whole")


def test_a_folder_that_is_no_shard_is_refused(folder):
    assert run("merge", folder / "out", folder / "in")[0] == 4, "it has no store"
    assert not (folder / "out").exists()
    code, said = run("merge", folder / "in", folder / "in")
    assert code == 2 and "is one of the shards" in said


def test_what_is_no_shard_is_refused(folder):
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    code, said = run(*words, "-o", folder / "out", "--shard", "4/3")
    assert code == 2 and "the second of eight is 2/8" in said


def test_shards_within_other_walls_are_named_and_a_person_looks(folder, judged_here):
    for path in sorted((folder / "in").iterdir()):
        if path.name.split("_")[0] not in ("s0", "s4"):
            path.unlink()
    shards = [folder / f"shard_{n}" for n in (1, 2)]
    for number, shard in enumerate(shards, start=1):
        grade(folder, shard.name, "--shard", f"{number}/2")
    assert run("merge", folder / "same", *shards)[0] == 0
    with Store(shards[1] / NAME) as store, store.transaction() as db:
        db.execute("""UPDATE judgements SET layers = '["rlimits", "seccomp"]'""")
    code, said = run("merge", folder / "other", *shards)
    assert code == 3 and f"{shards[1]}: rlimits, seccomp" in said
    assert "not all were judged behind the same layers" in said and f"{shards[0]}: " in said
