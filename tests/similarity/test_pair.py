"""Every ring is found, however large, and a pair's score depends on what is rare."""

import math
from itertools import combinations

import numpy as np
import pytest

from grader.similarity.document import Document
from grader.similarity.fingerprint import Fingerprints
from grader.similarity.group import groups
from grader.similarity.pair import LEAST, compare


def having(name: str, *hashes: int, archived: bool = False) -> Document:
    return Document(name, "", Fingerprints({h: {1} for h in hashes}), archived)


def plainly(documents: list[Document]) -> dict[tuple[str, str], float]:
    """Score all pairs as docs/similarity.md says it, one after the other."""
    holders = {
        h: sum(h in d.prints.lines for d in documents) for d in documents for h in d.prints.lines
    }
    weight = {h: math.log((len(documents) + 1) / n) for h, n in holders.items()}
    total = {d.student: sum(weight[h] for h in d.prints.lines) for d in documents}
    found = {}
    for one, other in combinations(documents, 2):
        common = one.prints.lines.keys() & other.prints.lines.keys()
        if len(common) >= LEAST:
            least = min(total[one.student], total[other.student])
            found[one.student, other.student] = sum(weight[h] for h in common) / least
    return found


def test_scores_are_those_of_the_formula():
    """No two of these are so alike that they count as one work."""
    rng = np.random.default_rng(1)
    documents = [having(f"s{n:02}", *rng.integers(0, 60, 25).tolist()) for n in range(40)]
    found = {(p.one.student, p.other.student): p.score for p in compare(documents, least=0)}
    due = plainly(documents)
    assert found.keys() == due.keys() and len(due) > 300
    assert all(math.isclose(found[pair], due[pair], rel_tol=1e-4) for pair in due)


@pytest.mark.parametrize("size", [2, 5, 50, 250])
def test_a_ring_is_found_however_many_have_copied(size):
    ring = [having(f"ring{n}", *range(1000, 1040)) for n in range(size)]
    alone = [having(f"own{n}", *range(2000 + 40 * n, 2040 + 40 * n)) for n in range(250)]
    pairs = compare([*ring, *alone])
    assert len(pairs) == size * (size - 1) // 2
    assert [g.students for g in groups(pairs)] == [sorted(d.student for d in ring)]


def test_what_half_of_a_class_has_weighs_less_than_what_two_have():
    everybodys, rare = range(30), range(100, 110)
    documents = [
        having(f"own{n}", *everybodys, *range(1000 * n, 1000 * n + 20)) for n in range(1, 9)
    ]
    documents += [having(name, *everybodys, *rare) for name in ("kim", "lee")]
    (first, *_) = compare(documents)
    assert {first.one.student, first.other.student} == {"kim", "lee"}


def test_a_document_without_code_of_its_own_is_like_no_other():
    assert compare([having("a"), having("b"), having("c", *range(9))]) == []


def test_documents_of_earlier_years_are_compared_with_new_ones_only():
    old = [having(name, *range(9), archived=True) for name in ("old", "older")]
    pairs = compare([*old, having("new", *range(9))])
    assert [{p.one.student, p.other.student} for p in pairs] == [{"old", "new"}, {"older", "new"}]


def test_a_solution_that_half_of_a_class_has_copied_is_not_taken_for_idiom():
    """Its code would weigh little, and what it has in common with others much."""
    idioms = range(22)
    leaked = [having(f"leak{n}", *idioms, *range(100, 118)) for n in range(40)]
    alone = [having(f"own{n}", *idioms, *range(1000 * n, 1000 * n + 24)) for n in range(1, 9)]
    pairs = compare([*leaked, *alone])
    assert len(pairs) == 40 * 39 // 2
    assert all(pair.one.student.startswith("leak") for pair in pairs)
