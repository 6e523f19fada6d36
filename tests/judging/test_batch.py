"""The same command again judges what is new, what has changed and what was our fault; no more."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.judging.batch import Batch, Why, digest
from grader.judging.job import CannotJudge, Job
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.store.store import Store
from tests.support.judges import RESULTS, Judges
from tests.support.small_course import write


def run(folder: Path, judges: Judges, unsafe: bool = False, again=None) -> list[Why]:
    """Judge what is to do and return why."""
    solution, checks = folder / "solutions" / "doubling.py", folder / "autograder_tests/doubling"
    judges.tasks.clear()
    with Store(folder / "grades.sqlite", make=True) as store:
        batch = Batch.open(store, Job(solution, checks, b"a key", unsafe=unsafe))
        found = batch.take_in([(path.stem, path) for path in sorted(folder.glob("*.ipynb"))])
        students = found.students
        to_do, judged_before = batch.to_do(students)
        assert len(to_do) + judged_before == len({digest(folder / f"{s}.ipynb") for s in students})
        for judgement in batch.judge(sorted(students) if again else to_do, 1, again):
            kept = [store.latest(entry.digest) for entry in store.entries()]
            assert judgement in [record.judgement for record in kept if record], "kept, then told"
        return list(to_do.values())


def edit(folder: Path, old: str, new: str) -> None:
    (path,) = folder.glob("autograder_tests/doubling/test_*.py")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_identical_bytes_are_judged_once_and_nothing_twice(folder, judges):
    assert run(folder, judges) == [Why.NEW, Why.NEW]
    assert len(judges.tasks) == 2
    assert run(folder, judges) == [] and judges.tasks == []
    with Store(folder / "grades.sqlite") as store:
        assert [standing.student for standing in store.standings()] == ["kim", "lee", "park"]


def test_a_new_submission_of_a_student_is_judged(folder, judges):
    run(folder, judges)
    (folder / "lee.ipynb").write_text("three")
    assert run(folder, judges) == [Why.NEW]
    assert [task.path.stem for task in judges.tasks] == ["lee"]


def test_results_of_checks_that_have_not_changed_are_kept(folder, judges):
    run(folder, judges)
    edit(folder, "x + x", "2 * x")
    assert run(folder, judges) == [Why.CHANGED, Why.CHANGED]
    assert [task.kept for task in judges.tasks] == [RESULTS[1:], RESULTS[1:]]


def test_a_fault_of_ours_is_tried_again_and_the_other_results_are_kept(folder, judges):
    judges.results = (*RESULTS[:2], replace(RESULTS[2], status=Status.GRADER_ERROR))
    run(folder, judges)
    judges.results = RESULTS
    assert run(folder, judges) == [Why.FAULT, Why.FAULT]
    assert judges.tasks[0].kept == RESULTS[:2]
    assert run(folder, judges) == []


def test_of_a_notebook_that_could_not_be_read_no_result_is_kept(folder, judges):
    judges.results = tuple(replace(r, status=Status.TIMED_OUT, seconds=0.0) for r in RESULTS)
    run(folder, judges)
    edit(folder, "x + x", "2 * x")
    assert run(folder, judges) == [Why.CHANGED, Why.CHANGED]
    assert judges.tasks[0].kept == ()


def test_what_was_judged_without_a_sandbox_is_judged_again_in_one(folder, judges):
    judges.layers = ("UNSANDBOXED", "seccomp")
    run(folder, judges, unsafe=True)
    assert run(folder, judges, unsafe=True) == []
    assert run(folder, judges) == [Why.UNSAFE, Why.UNSAFE]
    assert judges.tasks[0].kept == ()


def test_a_refused_file_is_judged_once_and_again_when_it_is_another(folder, judges):
    (folder / "link.ipynb").symlink_to(folder / "kim.ipynb")
    assert run(folder, judges) == [Why.NEW] * 3
    assert run(folder, judges) == []
    (folder / "link.ipynb").unlink()
    (folder / "link.ipynb").write_text("four")
    assert run(folder, judges) == [Why.NEW]


def test_what_is_asked_for_is_judged_again_and_nothing_else(folder, judges):
    run(folder, judges)
    run(folder, judges, again=lambda result: result.question == "halve")
    assert {task.kept for task in judges.tasks} == {RESULTS[:2]}


def test_an_interrupted_batch_keeps_what_is_done_and_goes_on(folder, judges, monkeypatch):
    def interrupted(*given) -> Iterator[Judgement]:
        yield next(judges.grade(*given))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("grader.judging.batch.grade", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(folder, judges)
    assert run(folder, judges) == [Why.NEW]


def test_another_assignment_does_not_go_into_the_same_store(folder, judges):
    run(folder, judges)
    write(folder / "other", name="tripling")
    other = folder / "other" / "solutions" / "tripling.py"
    job = Job(other, folder / "other" / "autograder_tests" / "tripling", b"a key")
    with Store(folder / "grades.sqlite") as store, pytest.raises(CannotJudge) as refused:
        Batch.open(store, job)
    assert "holds doubling; choose another folder for tripling" in str(refused.value)
