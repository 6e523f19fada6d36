"""A class in figures: exact, and of 10,000 students no more is kept than of 100."""

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader.model.result import Status
from grader.model.standing import Standing
from grader.report.mistakes import SHOWN
from grader.report.overview import FEW, TOLD, Overview
from grader.report.pages import class_html, class_pieces
from grader.report.roll import Roll
from grader.report.row import Row
from tests.support.standings import RESULTS, a_standing, decided, ours, with_results


@dataclass
class Class:
    """So many students, each with a failure of their own; every walk makes the Standings anew."""

    size: int

    def __iter__(self) -> Iterator[Standing]:
        for i in range(self.size):
            own = replace(RESULTS[1], message=f"{i} is wrong.", detail="-" * 5000)
            yield a_standing(f"s{i:06}", results=(RESULTS[0], own), uses=("torch.add",))


def peak(standings: Class) -> int:
    """Return the most bytes that a class's page takes while it is written away."""
    gc.collect()
    tracemalloc.start()
    for _ in class_pieces(Roll.of(standings)):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_of_a_thousand_reports_few_are_in_memory_at_the_same_time():
    assert class_html(Roll.of(Class(10))), "templates are loaded"
    assert peak(Class(1000)) < 3_000_000, "together they have 8 MB, the page 1 MB"


def test_the_most_frequent_failures_are_shown_with_all_their_students_and_the_rest_counted():
    standings = list(Class(SHOWN + 20))
    standings += [replace(standings[7], student=f"t{i}") for i in range(3)]
    clusters = Overview(Roll.of(standings)).clusters
    assert len(clusters.unknown) == SHOWN and clusters.rarer == 20
    first, *others = sorted(clusters.unknown.values(), key=lambda c: -c.size)
    assert first.example.message == "7 is wrong."
    assert first.students == ["s000007", "t0", "t1", "t2"]
    assert [c.students for c in others] == [[f"s{i:06}"] for i in range(SHOWN) if i != 7], (
        "of the same frequency in the order of the ids"
    )
    assert clusters.rare == {"split_heads": [f"s{i:06}" for i in range(SHOWN, SHOWN + 20)]}
    page = class_html(Roll.of(standings))
    folded = page[page.index("and 20 that are rarer") : page.index('id="limits"')]
    assert "<summary>split_heads <small>20</small></summary>" in folded
    assert folded.count("/feedback.html") == 20, "each of them can be opened"


def test_who_needs_a_person_is_counted_even_where_the_page_is_full():
    standings = [replace(ours(), student=f"s{i:03}") for i in range(TOLD + 5)]
    overview = Overview(Roll.of(standings))
    assert overview.needing == {"ours": TOLD + 5} and len(overview.needs["ours"]) == TOLD
    page = class_html(Roll.of(standings))
    assert "and 5 more: the table of students has a remark on each" in page
    assert f'href="s{TOLD + 4}/feedback.html"' in page


def test_few_users_of_a_name_are_named_and_many_are_counted():
    standings = [
        a_standing(f"s{i}", uses=("torch.add", *["torch.bmm"] * (i == 5))) for i in range(9)
    ]
    assert Overview(Roll.of(standings)).uses == [
        ("torch.bmm", 1, ["s5"]),
        ("torch.add", 9, [f"s{i}" for i in range(FEW)]),
    ]
    page = class_html(Roll.of(standings))
    assert '<td class="names">s5</td>' in page and "s0, s1" not in page


def test_a_page_is_begun_before_the_last_student_is_read():
    walks: list[list[str]] = []
    everybody = {standing.student: standing for standing in Class(50)}

    class Noted:
        def __iter__(self) -> Iterator[Row]:
            walks.append([])
            for standing in everybody.values():
                walks[-1].append(standing.student)
                yield Row.of(standing)

    pieces = class_pieces(Roll(Noted(), everybody.__getitem__))
    while len(walks) < 3 or not walks[2]:
        assert isinstance(next(pieces), str)
    assert [len(walk) for walk in walks] == [50, 50, 1]


def test_a_histogram_has_few_bars_and_full_marks_stand_alone():
    standings = [decided(points) for points in (0, 1.5, 7)]
    overview = Overview(Roll.of(standings))
    assert overview.max_score == 10 and len(overview.histogram) == 11
    overview.max_score = 100
    overview.bins.update({4: 2, 5: 1, 99: 1, 100: 6})
    parts = overview.histogram
    assert len(parts) == 21 and parts[0][:2] == (0, 4) and parts[-1] == (100, 100, 6)
    assert parts[19] == (95, 99, 1) and sum(many for *_, many in parts) == 3 + 10


def test_the_most_frequent_mistakes_are_few_whatever_explains_them():
    known = replace(RESULTS[1], mistake="no_scale", hypothesis="no scale")
    others = list(Class(9))
    standings = [a_standing(f"s{i}", results=(known,)) for i in range(2)]
    standings += [*others, *(replace(others[3], student=f"t{i}") for i in range(2))]
    frequent = Overview(Roll.of(standings)).clusters.frequent
    assert [cluster.size for cluster in frequent] == [3, 2, 1, 1, 1]
    assert frequent[1].sentence == "no scale"


def test_who_ran_into_a_limit_is_counted_once():
    standing = with_results(Status.TIMED_OUT)
    assert Overview(Roll.of([standing, a_standing("lee")])).limited == [standing.student]
