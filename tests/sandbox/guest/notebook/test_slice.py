"""Of a notebook, exactly what the graded names depend on is taken."""

import ast
import json
import sys

import pytest

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.read import read
from grader.sandbox.guest.notebook.slice import dynamic, needed, statements
from grader.sandbox.guest.notebook.statement import Statement


def split(*sources: str) -> list[Statement]:
    return statements([Cell(number, source) for number, source in enumerate(sources, 1)])[0]


def taken(names: str, *sources: str) -> list[str]:
    return [ast.unparse(s.node) for s in needed(split(*sources), names.split())]


def notes(*sources: str) -> list[str]:
    return statements([Cell(number, source) for number, source in enumerate(sources, 1)])[1]


def only(source: str) -> Statement:
    (statement,) = split(source)
    return statement


# what a statement binds and uses


@pytest.mark.parametrize(
    ("source", "binds"),
    [
        ("x = 1", "x"),
        ("d_model, (num_heads, *rest) = 512, (8, 1)", "d_model num_heads rest"),
        ("x += 1", "x"),
        ("x: int = 1", "x"),
        ("x = y = 1", "x y"),
        ("import a.b.c", "a"),
        ("import a.b as c", "c"),
        ("from a import b as c", "c"),
        ("from a import *", "*"),
        ("def f(): x = 1", "f"),
        ("async def f(): pass", "f"),
        ("class A: x = 1", "A"),
        ("for i, (j, k) in z: l = 1", "i j k l"),
        ("while (n := f()): m = 1", "n m"),
        ("with a as b, c as (d, e): f = 1", "b d e f"),
        ("if a:\n    def f(): pass\nelse:\n    f = None; g = 1", "f g"),
        (
            "try:\n    import a\nexcept ImportError as e:\n    a = None\nfinally:\n    b = 1",
            "a b e",
        ),
        ("match x:\n    case [y, *z]: w = 1", "y z w"),
        ("print(x := 1)", "x"),
        ("[y := v for v in z]", "y"),
        ("x = [i for i in y]", "x"),
        ("def f():\n    global g, h\n    g = 1\n    def k():\n        global m; m = 2", "f g m"),
        ("x.y = 1", ""),
        ("print(x)", ""),
        ("del x", ""),
        ("del sum", "sum"),
        ("x = lambda: (y := 1)", "x"),
    ],
)
def test_bindings_are_those_that_python_makes(source: str, binds: str):
    assert only(source).binds == set(binds.split())


@pytest.mark.parametrize(
    ("source", "uses"),
    [
        ("x = y", "y"),
        ("x += 1", "x"),
        ("def f(a, b=c): d = 1; return a, b, d, e", "c e"),
        ("def f():\n    x = 1\n    def g(): return x, y\n    return g", "y"),
        ("class A(B, metaclass=M):\n    c = d\n    def f(self): return e, c", "B M d e c"),
        ("class A:\n    a = 1\n    b = a", ""),
        ("x = [f(i, y) for i in z if w]", "f y z w"),
        ("x = lambda a: a + b", "b"),
        ("@d(e)\ndef f(x: T) -> R: pass", "d e T R"),
        ("x = y.z.w", "y"),
        ("def f():\n    from a import b\n    return b, c", "c"),
        ("def f():\n    global g\n    g += 1", "g"),
        ("class A:\n    class B:\n        def f(self): return x", "x"),
    ],
)
def test_uses_are_global_names_only(source: str, uses: str):
    assert only(source).uses - set(dir(__builtins__)) - {"__name__"} == set(uses.split())


@pytest.mark.parametrize(
    ("source", "patches"),
    [
        ("A.f = g", "A"),
        ("A.b.c[0].d = g", "A"),
        ("x[0], y.a = 1, 2", "x y"),
        ("x[i] += 1", "x"),
        ("del A.f, x[0]", "A x"),
        ("setattr(A, 'f', g)", "A"),
        ("delattr(A.b, 'f')", "A"),
        ("for n in names:\n    setattr(A, n, g)\n    table[n] = 1", "A table"),
        ("with a as x.y: pass", "x"),
        ("items.append(1)", "items"),
        ("config['a'].update(b=1)", "config"),
        ("@add_to(A)\ndef f(self): pass", "A"),
        ("@g.register(int)\ndef _(x): pass", "g"),
        ("@g.register\ndef _(x: int): pass", "g"),
        ("@decorator\ndef f(): x.y = 1", ""),
        ("def f(): A.f = g", ""),
        ("f = lambda: items.append(1)", ""),
        ("net.train()", ""),
        ("globals()['x'] = 1", ""),
        ("f(x).y = 1", ""),
    ],
)
def test_patches_are_changes_to_objects_by_name(source: str, patches: str):
    assert only(source).patches == set(patches.split())


# what is needed


def test_nothing_but_the_definitions_is_taken():
    assert taken(
        "Net",
        "import torch\nfrom torch import nn\nimport matplotlib.pyplot as plt",
        "device = 'cpu'\nprint(device)\nhidden = 28",
        "class Net(nn.Module):\n    def forward(self, x): return torch.zeros(hidden).to(device)",
        "model = Net().to(device)\nmodel.train()\nplt.plot([1])",
        "for epoch in range(10):\n    model(x).backward()",
    ) == [
        "import torch",
        "from torch import nn",
        "device = 'cpu'",
        "hidden = 28",
        "class Net(nn.Module):\n\n    def forward(self, x):\n"
        "        return torch.zeros(hidden).to(device)",
    ]


def test_dependencies_are_followed_through_helpers_and_base_classes():
    assert taken(
        "B",
        "class A: pass\nclass Other: pass",
        "def helper(): return constant\nconstant = 3",
        "class B(A):\n    def f(self): return helper()",
    ) == [
        "class A:\n    pass",
        "def helper():\n    return constant",
        "constant = 3",
        "class B(A):\n\n    def f(self):\n        return helper()",
    ]


def test_all_bindings_of_a_needed_name_are_taken_in_order():
    assert taken("x", "x = 1", "y = 2", "x = x + z", "z = 3", "x += y") == [
        "x = 1",
        "y = 2",
        "x = x + z",
        "z = 3",
        "x += y",
    ]


def test_later_patches_are_taken():
    cells = ("class A: pass", "def g(self): pass", "A.g = g\nA.h = k", "del A.h", "k = 1\nC.g = g")
    assert taken("A", *cells)[1:] == [
        "def g(self):\n    pass",
        "A.g = g",
        "A.h = k",
        "del A.h",
        "k = 1",
    ]


def test_methods_added_by_a_decorator_are_taken():
    adder = "def add_to(c):\n    return lambda f: setattr(c, f.__name__, f)"
    method = "@add_to(A)\ndef forward(self): return x"
    cells = taken("A", adder, "class A: pass", method, "x = 1")
    assert len(cells) == 4


def test_a_decorator_of_an_imported_module_patches_nothing():
    evaluate = "@torch.no_grad()\ndef evaluate(): return data"
    assert taken("f", "import torch", "def f(): torch", evaluate, "data = download()") == [
        "import torch",
        "def f():\n    torch",
    ]


def test_containers_filled_by_a_loop_are_taken_with_it():
    loop = "for i, c in enumerate(text):\n    index[c] = i"
    assert taken("f", "index = {}", loop, "text = 'ab'", "def f(c): return index[c]") == [
        "index = {}",
        loop,
        "text = 'ab'",
        "def f(c):\n    return index[c]",
    ]


def test_training_is_never_taken_even_if_it_binds_a_needed_name():
    f = "def f():\n    return (images, step)"
    loop = "for images, labels in data:\n    loss = net(images)\n    loss.backward()"
    train = "def train():\n    net(1).backward()"
    outer = "def main(): train()"
    calls = "images = train()\nfor step in range(3):\n    main()"
    assert taken("f", f, "images = 1", loop, train, outer, calls) == [f, "images = 1"]


def test_a_graded_function_that_trains_is_taken_and_so_is_its_alias():
    step = "def my_step(net):\n    net(1).backward()"
    assert taken("train_step", step, "train_step = my_step", "loss = my_step(net)") == [
        step,
        "train_step = my_step",
    ]


def test_a_call_of_a_function_that_binds_a_needed_global_is_taken():
    setup = "def setup():\n    global device\n    device = 'cpu'"
    main = "def main():\n    setup()"
    f = "def f():\n    return device"
    assert taken("f", setup, main, "print()\nmain()", f) == [setup, main, "main()", f]


def test_star_imports_are_always_taken():
    assert taken("x", "from math import *\nimport os", "x = pi") == ["from math import *", "x = pi"]


def test_a_shadowed_builtin_is_taken():
    assert taken("f", "def f(x): return sum(x)", "sum = 0", "max = 1", "del sum") == [
        "def f(x):\n    return sum(x)",
        "sum = 0",
        "del sum",
    ]


def test_a_del_takes_no_name_away():
    assert taken("A", "class A: pass", "del A", "A = 3") == ["class A:\n    pass", "A = 3"]


def test_conditional_definitions_are_taken_whole():
    source = "try:\n    from fast import f\nexcept ImportError:\n\n    def f():\n        pass"
    assert taken("f", source) == [source]


def test_only_what_is_needed_of_an_import_is_taken():
    assert taken("x", "import torch, seaborn as sns", "from a import b, c", "x = torch, c") == [
        "import torch",
        "from a import c",
        "x = (torch, c)",
    ]


def test_under_the_main_guard_the_same_holds():
    source = "if __name__ == '__main__':\n    device = 'cpu'\n    for x in y:\n        x.backward()"
    assert taken("device x", source) == ["device = 'cpu'"]


def test_names_that_nothing_defines_take_nothing():
    assert taken("A B", "x = 1", "print(A)") == []


def test_a_cycle_ends():
    assert len(taken("f", "def f(): g()", "def g(): f()")) == 2


@pytest.mark.parametrize(
    ("source", "is_dynamic"),
    [
        ("exec('x = 1')", True),
        ("globals()['x'] = 1", True),
        ("def f(): vars()['x'] = 1", True),
        ("model.eval()\ncode.exec()", False),
        ("x = eval('1')", False),
    ],
)
def test_names_made_at_run_time_are_reported(source: str, is_dynamic: bool):
    assert dynamic(split(source)) is is_dynamic


# notes, and what is special


def test_bad_cells_are_noted_and_cost_no_other():
    assert notes("x y", "z = 1") == [
        "code cell 1, line 1 is not valid Python (invalid syntax), so this was left out: x y"
    ]


@pytest.mark.parametrize(
    "source",
    ["return x", "yield", "break", "def f():\n    nonlocal x", "f() = 1; x = 1", "x, x = "],
)
def test_what_parses_but_does_not_compile_costs_only_itself(source: str):
    (note,) = notes(f"x = 1\n{source}\ny = 2")
    assert note.startswith("code cell 1")
    assert taken("x y", f"x = 1\n{source}\ny = 2") == ["x = 1", "y = 2"]


def test_a_hard_coded_device_is_noted_once():
    assert notes("x = 1", "d = 'cuda:0'", "x.cuda()") == [
        "code cell 2 asks for the device 'cuda:0': graded on the CPU"
    ]


@pytest.mark.parametrize("module", ["absent_module", "absent_module.sub", ".", ".a"])
def test_a_star_import_of_an_absent_module_is_noted(module: str):
    (note,) = notes(f"from {module} import *")
    assert note.startswith("code cell 1 imports * from ")
    assert notes("from math import *\nfrom os.path import *\nfrom __main__ import *") == []


def test_future_imports_hold_for_later_cells():
    (statement,) = needed(split("from __future__ import annotations", "def f(x: T): pass"), ["f"])
    assert "T" not in statement.uses


def test_warnings_of_the_compiler_are_not_shown(recwarn: pytest.WarningsRecorder):
    split(r"x = '\d'; x is 1")
    assert not recwarn.list


@pytest.mark.skipif(not hasattr(sys, "get_int_max_str_digits"), reason="no such limit")
def test_huge_constants_are_no_problem():
    big = "x = 0x" + "f" * 10_000
    assert only(big).binds == {"x"}


def test_more_names_than_fit_into_a_byte_are_told_apart():
    source = "def f():\n" + "".join(f"    a{n}; b.c{n}\n" for n in range(300))
    assert only(source).uses == {"b", *(f"a{n}" for n in range(300))}


def test_many_statements_take_linear_time_and_space():
    source = "x0 = 1\n" + "".join(f"x{n} = x{n - 1}\nx{n}.y = x{n}\n" for n in range(1, 10_000))
    assert len(needed(split(source), ["x9999"])) == 19_999


def test_a_real_notebook_is_sliced_from_its_bytes():
    cells = [
        {"cell_type": "markdown", "source": "# Attention"},
        {"cell_type": "code", "source": ["!pip install torch\n", "import torch, torchvision\n"]},
        {"cell_type": "code", "source": "from google.colab import drive\ndrive.mount('/content')"},
        {"cell_type": "code", "source": "%%time\nclass A(torch.nn.Module):\n    width = d_model"},
        {"cell_type": "code", "source": "pip install einops\nd_model, num_heads = 512, 8"},
    ]
    found, remarks = statements(read(json.dumps({"cells": cells}).encode()))
    assert [s.code.co_filename for s in needed(found, ["A"])] == [
        "code cell 1",
        "code cell 3",
        "code cell 4",
    ]
    assert len(remarks) == 1


def test_statements_are_found_again_by_their_numbers():
    cells = [
        Cell(1, "from __future__ import annotations\nimport a, b\nx = (\nf()"),
        Cell(2, "y = b"),
    ]
    chosen = needed(statements(cells)[0], ["y"])
    again, _ = statements(cells, {one.number for one in chosen})
    assert [ast.unparse(one.node) for one in again] == ["import b", "y = b"]
    assert [one.code for one in again] == [one.code for one in chosen]


def test_a_decorator_that_fills_a_registry_changes_it():
    register = "def register(f):\n    known[f.__name__] = f\n    return f"
    cells = "known = {}", register, "@register\ndef twice(x): return 2 * x", "def junk(): pass"
    use = "def double(x): return known['twice'](x)"
    wanted = [ast.unparse(ast.parse(source)) for source in (*cells[:3], use)]
    assert taken("double", *cells, use) == wanted


def test_a_call_of_a_function_that_changes_a_global_object_changes_it():
    fill = "def fill():\n    config['two'] = 2"
    cells = "config = {}", fill, "fill()", "fill", "def double(x): return config['two'] * x"
    wanted = [ast.unparse(ast.parse(source)) for source in (*cells[:3], cells[4])]
    assert taken("double", *cells) == wanted
