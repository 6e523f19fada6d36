"""Stores are walked side by side: nobody is left out, and a page of each is read at a time."""

from pathlib import Path

from grader.store.entry import Entry
from grader.store.store import PAGE, Store
from grader.store.together import side_by_side


def test_everybody_comes_once_in_the_order_of_the_ids_with_all_that_is_held(tmp_path):
    ids = [f"s{number:04}" for number in range(3 * PAGE)] + ["Émile", "서연", "\U0001f600"]
    shares = {"even": ids[::2], "all": ids, "third": ids[::3], "none": []}
    stores: dict[str, Store] = {}
    for name, share in shares.items():
        stores[name] = Store(tmp_path / name, make=True)
        stores[name].hand_in(Entry(one, Path("/in", one), "ab" * 32) for one in share)
    said: list[str] = []
    stores["all"].db.set_trace_callback(said.append)
    walk = side_by_side(stores.values())
    student, held = next(walk)
    assert sum("FROM submissions" in query for query in said) == 1, "one page has been read"
    found = {student: held} | dict(walk)
    assert [*found] == sorted(ids)
    for student, held in found.items():
        assert held == {
            stores[name]: Entry(student, Path("/in", student), "ab" * 32)
            for name, share in shares.items()
            if student in share
        }
    for store in stores.values():
        store.db.close()
