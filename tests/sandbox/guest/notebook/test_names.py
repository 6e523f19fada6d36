"""Names stand for what can be changed, and for what cannot."""

import ast

import pytest

from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.names import Kind, kinds_bound, packages, shown_by
from grader.sandbox.guest.notebook.slice import statements

KNOWN = {"n": Kind.PLAIN, "torch": Kind.IMPORT, "f": Kind.DEFINITION, "net": Kind.VALUE}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x = 1", Kind.PLAIN),
        ("x = 2 * n + len(net) if n else 'a'", Kind.PLAIN),
        ("x = torch.device('cpu')", Kind.PLAIN),
        ("x = 1, (n, -1)", Kind.PLAIN),
        ("for x in range(n): pass", Kind.PLAIN),
        ("x = torch.nn.Linear", Kind.IMPORT),
        ("try:\n    import x\nexcept ImportError:\n    x = None", Kind.IMPORT),
        ("x = lambda: 1", Kind.DEFINITION),
        ("if n:\n    def x(): pass", Kind.DEFINITION),
        ("x = f", Kind.VALUE),
        ("x = [1]", Kind.VALUE),
        ("x = net.weight", Kind.VALUE),
        ("x = torch.zeros(3)", Kind.VALUE),
        ("for x in net: pass", Kind.VALUE),
        ("with net as x: pass", Kind.VALUE),
        ("x = 1\nif n: x = net", Kind.PLAIN),
        ("_, x = 1, net", Kind.VALUE),
        ("def g():\n    global x\n    x = 1", Kind.VALUE),
    ],
)
def test_what_a_name_stands_for_follows_from_what_it_is_bound_to(source: str, kind: Kind):
    found, _ = statements([Cell(1, source)])
    assert kinds_bound(found[0], KNOWN)["x"] is kind


def test_imports_know_their_packages_and_drawing_spreads():
    (node,) = ast.parse("import torch.nn.functional as F").body
    assert [*packages(node)] == [("F", "torch")]
    (node,) = ast.parse("figure, axes = plt.subplots()").body
    assert shown_by(node, {"plt"}) == {"figure", "axes"}
    (node,) = ast.parse("for x, axis in zip(data, axes): pass").body
    assert shown_by(node, {"axes"}) == {"axis"}
    (node,) = ast.parse("import seaborn as sns").body
    assert shown_by(node, set()) == {"sns"}
