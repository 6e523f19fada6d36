"""Every statement runs in isolation, and what raises is told in the student's lines."""

from typing import Any

import pytest

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.execution import Problem, run
from grader.sandbox.guest.notebook.slice import needed, statements


def ran(*sources: str) -> tuple[dict[str, Any], list[Problem]]:
    """Run whole notebooks."""
    namespace: dict[str, Any] = {}
    cells = [Cell(number, source) for number, source in enumerate(sources, 1)]
    problems = run(statements(cells)[0], namespace)
    return namespace, problems


def result(name: str, *sources: str) -> Any:
    """Run what counts for `name`, without a problem."""
    namespace: dict[str, Any] = {}
    cells = [Cell(number, source) for number, source in enumerate(sources, 1)]
    assert run(needed(statements(cells)[0], [name]), namespace) == []
    return namespace[name]


def test_the_last_definition_wins():
    assert result("f", "def f(): return 1", "x = f()\ndef f(): return x + 1")() == 2


def test_a_class_binds_what_it_had_when_it_ran():
    earlier, later = "class B:\n    a = 1", "class B:\n    a = 2"
    assert result("A", earlier, "class A(B): pass", later).a == 1


def test_a_patch_comes_after_what_it_patches():
    assert result("A", "class A:\n    f = 1", "A.f = 2", "class A:\n    f = 3").f == 3


def test_a_deleted_builtin_comes_back():
    assert result("f", "def f(x): return sum(x)", "sum = 0", "del sum")([1, 2]) == 3


def test_it_runs_as_the_main_program():
    assert result("A", "if __name__ == '__main__':\n    class A: pass").__module__ == "__main__"
    assert result("x", "x = 1 if __name__ == '__main__' else 2") == 1


def test_a_top_level_await_is_awaited():
    assert result("x", "import asyncio\nx = await asyncio.sleep(0, 7)") == 7
    assert result("x", "import asyncio", "async with asyncio.Lock() as a:\n    x = 1") == 1


def test_magics_do_nothing():
    assert result("x", "x = !ls") is None
    assert result("x", "x = 'google.colab' in str(get_ipython())") is False
    namespace, problems = ran("!rm -rf /\n%matplotlib inline\nif True:\n    !ls\n    x = 1\nx?")
    assert problems == []
    assert namespace["x"] == 1


def test_display_prints(capsys: pytest.CaptureFixture[str]):
    assert ran("display('shown')")[1] == []
    assert capsys.readouterr().out == "shown\n"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("missing", "NameError: name 'missing' is not defined"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise NotImplementedError", "NotImplementedError"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("class E(BaseException): pass\nraise E('mine')", "E: mine"),
        (
            "class F(Exception):\n    def __str__(self): return 1 / 0\nraise F",
            "F: <exception str()",
        ),
        ("raise ValueError('x' * 10**6)", "ValueError: xxx"),
        ("import asyncio\nawait asyncio.wait_for(asyncio.sleep(9), 0)", "TimeoutError"),
    ],
)
def test_whatever_a_statement_raises_costs_no_other(source: str, error: str):
    namespace, (problem,) = ran("x = 1", source, "y = 2")
    assert error in problem.error
    assert len(str(problem)) < 10_000
    assert (namespace["x"], namespace["y"]) == (1, 2)


def test_a_problem_shows_the_students_lines_and_no_others():
    _, (problem,) = ran(
        "def f(x):\n    return sorted(x, key=g)\n\ndef g(x):\n    return x / 0", "\nf([1])"
    )
    lines = [line for line in str(problem).splitlines() if line.strip(" ~^")]
    assert lines == [
        "code cell 1, line 5: ZeroDivisionError: division by zero",
        '  File "code cell 2", line 2, in <module>',
        "    f([1])",
        '  File "code cell 1", line 2, in f',
        "    return sorted(x, key=g)",
        '  File "code cell 1", line 5, in g',
        "    return x / 0",
    ]


def test_lines_are_those_of_the_cell_under_a_cell_magic():
    _, (problem,) = ran("\n%%time\n!ls\nx = (1,\n     1 / 0)")
    assert problem.place == "code cell 1, line 5"
    assert "    1 / 0)" in problem.frames


def test_what_was_defined_further_down_is_found():
    assert result("x", "x = f()", "def f(): return torch.ones(1)", "import torch").item() == 1
    assert result("A", "class A(B): pass", "class B: pass").__name__ == "A"


def test_a_chain_of_definitions_upside_down_is_found():
    chain = "table['half'] = one / two", "table = {}", "two = one + one", "one = 1"
    assert result("table", *chain) == {"half": 0.5}


@pytest.mark.parametrize("does", ["return False", "raise SystemExit"])
def test_an_exception_that_denies_it_is_a_problem(does: str):
    source = f"class E(Exception):\n    def __bool__(self): {does}\nraise E"
    (problem,) = ran(source)[1]
    assert problem.error.startswith("E")


def test_running_a_statement_again_undoes_no_later_definition():
    namespace, problems = ran(
        "def f(x=y): return 1\na = b = y", "y = 3", "def f(): return 2\na = 4"
    )
    assert namespace["f"]() == 2
    assert namespace["a"] == 4
    assert [problem.place for problem in problems] == ["code cell 1, line 2"]


def test_an_earlier_definition_does_not_excuse_a_later_error():
    _, (problem,) = ran("def f(): return 1", "def f(x=missing): return 2")
    assert problem.error == "NameError: name 'missing' is not defined"


def test_a_later_definition_excuses_a_missing_name_only():
    (problem,) = ran("x = 1 / 0\ny = z", "x = 2\ny = 3")[1]
    assert problem.error.startswith("ZeroDivisionError")


def test_other_errors_are_not_tried_again(capsys: pytest.CaptureFixture[str]):
    ran("print('once')\nif True:\n    print('here')\n    x = 1 / y", "y = 1")
    ran("if True:\n    print('there')\n    x = 1 / 0")
    assert capsys.readouterr().out.split() == ["once", "here", "here", "there"]


# imports that fail


def test_an_import_that_is_not_used_may_fail():
    imports = "import absent.part, absent as a\nfrom absent import b, c\nfrom . import d"
    f = result("f", imports, "def f(x): return (absent, a, b, c, d) if x else 1")
    assert f(0) == 1


@pytest.mark.parametrize(
    "use",
    [
        "a.b", "a()", "a[0]", "list(a)", "len(a)", "1 in a", "isinstance(1, a)", "a | None",
        "class B(a): pass", "class B(a.C): pass", "with a: pass", "for i in a: pass",
        "@a\ndef f(): pass", "@a.b\ndef f(): pass", "@a(1)\nclass C: pass", "f = a.b(1)",
    ],
)  # fmt: skip
def test_using_it_says_that_it_is_not_installed(use: str):
    _, (problem,) = ran("import absent as a", use)
    assert problem.place.startswith("code cell 2, line ")
    assert problem.error.endswith(
        "No module named 'absent': it is not installed where grading happens"
    )


def test_using_it_in_a_function_is_an_error_of_that_call():
    f = result("f", "from absent.sub import b", "def f(): return b()")
    with pytest.raises(ModuleNotFoundError, match="'absent'"):
        f()


def test_a_name_that_a_module_lacks_says_so():
    f = result("f", "from math import pi, no_such", "def f(): return no_such(pi)")
    with pytest.raises(ModuleNotFoundError, match=r"from math import no_such.*cannot import name"):
        f()


def test_an_import_that_breaks_in_another_way_is_absent_too(monkeypatch, tmp_path):
    (tmp_path / "breaks_on_import.py").write_text("raise RuntimeError('operator nms')")
    monkeypatch.syspath_prepend(tmp_path)
    f = result("f", "import breaks_on_import as b", "def f(): return b.nms")
    with pytest.raises(
        ModuleNotFoundError, match=r"import breaks_on_import as b.*RuntimeError: operator"
    ):
        f()


def test_annotations_from_an_absent_module_cost_nothing():
    source = "def f(x: Float[Tensor, 'b d']) -> Float: return x"
    assert result("f", "from absent import Float, Tensor", source)(3) == 3
    A = result(
        "A", "import absent", "class A:\n    x: absent.T = 1\n    def f(self, y: absent.U): pass"
    )
    assert A.x == 1


def test_an_import_in_a_try_fails_as_usual():
    assert result("x", "try:\n    import absent as x\nexcept ImportError:\n    x = None") is None


def test_a_star_import_of_an_absent_module_is_no_problem():
    namespace, problems = ran("from absent import *")
    assert problems == []
    assert "*" not in namespace
    assert result("x", "from math import *", "x = pi") > 3


def test_a_hard_coded_device_runs_on_the_cpu():
    assert result(
        "x", "import torch\nd = torch.device('cuda:0')\nx = torch.ones(1, device=d)"
    ).is_cpu
