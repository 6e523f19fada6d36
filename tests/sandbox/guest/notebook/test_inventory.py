"""An inventory resolves names to what they mean; a variable of a forbidden name is not torch's."""

import torch

from grader.sandbox.guest.notebook import execution, slice
from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.inventory import uses


def found(source: str) -> dict[str, list[str]]:
    statements, _ = slice.statements([Cell(1, source)])
    names: dict[str, object] = {}
    execution.run(statements, names)
    return uses(statements, names)


def test_a_name_is_found_however_it_is_imported():
    full = "torch.nn.functional.scaled_dot_product_attention"
    for line, call in (
        ("import torch.nn.functional as F", "F.scaled_dot_product_attention"),
        ("import torch", "torch.nn.functional.scaled_dot_product_attention"),
        ("from torch.nn.functional import scaled_dot_product_attention as sdpa", "sdpa"),
    ):
        assert found(f"{line}\ndef f(q): return {call}(q, q, q)") == {"f": [full]}


def test_a_class_has_the_name_under_which_people_know_it():
    assert found("from torch.nn import LSTM as L\ndef f(): return L(2, 3)") == {
        "f": ["torch.nn.LSTM"]
    }


def test_a_students_own_thing_of_that_name_is_none_of_torchs():
    source = "def scaled_dot_product_attention(q): return q\n"
    assert found(source + "def f(q): return scaled_dot_product_attention(q)") == {}


def test_attributes_of_a_students_object_are_not_looked_up():
    source = "class P:\n    @property\n    def x(self): raise SystemExit\np = P()\n"
    assert found(source + "def f(): return p.x") == {}
    assert torch.is_grad_enabled()


def test_an_absent_import_and_an_object_that_raises_are_none_of_torchs():
    source = "import jax\nclass P:\n    def __getattr__(self, name): raise ValueError\n"
    source += "    def __call__(self): pass\np = P()\n"
    assert found(source + "def f(x: 'jax.Array'): return jax.add(x, p)") == {}
    assert found("import jax\ndef f(): return jax") == {}
