"""The file outlives power cuts and full disks, and is never mistaken for another one."""

import random
import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from grader.store.database import VERSION, Database, StoreError
from grader.store.store import Store
from tests.store.test_store import STANDING, keep

PAGE = 4096
FILES = ("grades.sqlite", WAL := "grades.sqlite-wal")
FILLS_THE_DISK = """
import resource, sys
from pathlib import Path
from grader.store.database import StoreError
from grader.store.store import Store
from tests.store.test_store import STANDING, keep
from tests.support.standings import changed

resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))
with Store(Path(sys.argv[1]), make=True) as store:
    try:
        for n in range(10_000):
            keep(store, changed(STANDING, student=f"s{n}", sha256=f"{n:064}"))
            print(n, flush=True)
    except StoreError as error:
        print(error)
"""


def test_a_file_of_an_earlier_grader_is_refused_with_a_remedy_and_left_alone(tmp_path):
    path = tmp_path / "grades.sqlite"
    with Database(path, make=True) as made:
        made.db.execute(f"PRAGMA user_version = {VERSION - 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"by an earlier grader.* grade the same files into a new"):
        Database(path, make=True)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_grader_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "grades.sqlite"
    with Database(path, make=True) as made:
        made.db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="written by a newer grader"):
        Database(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path):
    text, other = tmp_path / "text", tmp_path / "other.sqlite"
    text.write_text("no database at all, but long enough to be looked at" * 20)
    with sqlite3.connect(other) as theirs:
        theirs.execute("CREATE TABLE photos (name TEXT)")
    theirs.close()
    for path in (text, other):
        before = path.read_bytes()
        with pytest.raises(StoreError, match="is not a store of grades"):
            Database(path, make=True)
        assert path.read_bytes() == before


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path):
    with pytest.raises(StoreError, match="There is no"):
        Database(tmp_path / "grades.sqlite")
    assert not list(tmp_path.iterdir())


def test_a_block_that_raises_changes_nothing(tmp_path):
    with Database(tmp_path / "grades.sqlite", make=True) as made:
        with pytest.raises(KeyboardInterrupt), made.transaction() as db:
            db.execute("INSERT INTO files VALUES ('a', 'b', 1, 2)")
            raise KeyboardInterrupt
        assert made.db.execute("SELECT count(*) FROM files").fetchone() == (0,)


def test_two_processes_write_into_one_store(tmp_path):
    path = tmp_path / "grades.sqlite"
    with Store(path, make=True) as one, Store(path) as two:
        for number in range(20):
            keep((one, two)[number % 2], STANDING, f"s{number}")
        assert len(list(one.entries())) == 20


def test_a_backup_is_the_whole_store_and_overwrites_nothing(tmp_path):
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        keep(store, STANDING)
        store.back_up(tmp_path / "backup.sqlite")
        keep(store, STANDING, "lee")
        with pytest.raises(StoreError, match="exists"):
            store.back_up(tmp_path / "backup.sqlite")
    with Store(tmp_path / "backup.sqlite") as backup:
        assert list(backup.standings()) == [STANDING]


def test_a_power_cut_while_a_transaction_is_written_loses_nothing_before_it(tmp_path):
    """Model: what came before the last fsync is safe; of what was written later any part may be."""
    live, draw, moments = tmp_path / "live", random.Random(0), []
    with Store(live / "grades.sqlite", make=True) as store:
        assert store.db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
        for n in range(100):
            keep(store, STANDING, f"s{n}")
            moments.append({name: (live / name).read_bytes() for name in FILES})
    for n, (now, later) in enumerate(pairwise(moments)):
        came = bytearray(later[WAL][len(now[WAL]) :])
        assert came, "the WAL grows"
        torn = came[: draw.randrange(len(came))]
        for _ in range(draw.randrange(4) if torn else 0):
            torn[draw.randrange(len(torn))] = draw.randrange(256)
        outlives(tmp_path / f"cut{n}", {**now, WAL: now[WAL] + torn}, n + 1)


def test_a_power_cut_while_the_wal_is_moved_into_the_file_loses_nothing(tmp_path):
    """Model: pages of the file are old, new or torn; the WAL is whole until the file is safe."""
    live, draw = tmp_path / "live", random.Random(0)
    with Store(live / "grades.sqlite", make=True) as store:
        for n in range(60):
            keep(store, STANDING, f"s{n}")
        before = {name: (live / name).read_bytes() for name in FILES}
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        after = (live / FILES[0]).read_bytes()
    for cut in range(20):
        old, new = before[FILES[0]], bytearray(after)
        for start in range(0, len(old), PAGE):
            torn = start + draw.choice((0, 512, PAGE))
            new[torn : start + PAGE] = old[torn : start + PAGE]
        data = bytes(new[: draw.randrange(len(old) // PAGE, len(new) // PAGE + 1) * PAGE])
        outlives(tmp_path / f"cut{cut}", {FILES[0]: data, WAL: before[WAL]}, 60)


def outlives(folder: Path, files: dict[str, bytes], count: int) -> None:
    """Open what a power cut has left: the acknowledged reports must be there, and all in order."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with Store(folder / FILES[0]) as store:
        kept = {standing.student for standing in store.standings()}
        assert {f"s{n}" for n in range(count)} <= kept
        assert store.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    shutil.rmtree(folder)


def test_a_full_disk_is_a_sentence_and_loses_nothing(tmp_path):
    path = tmp_path / "grades.sqlite"
    command = [sys.executable, "-c", FILLS_THE_DISK, str(path)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    *acknowledged, said = done.stdout.splitlines()
    assert len(acknowledged) > 5
    assert f"{path} cannot be used: " in said and "What it has acknowledged is kept" in said
    with Store(path) as store:
        kept = {standing.student for standing in store.standings()}
        assert {f"s{n}" for n in acknowledged} <= kept
        keep(store, STANDING, "now there is room again")
        assert "now there is room again" in {standing.student for standing in store.standings()}
