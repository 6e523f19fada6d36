"""Source notebooks of nbgrader, as their authors write them.

A cell is what a notebook holds, after a line that says what it is: raw, markdown or code; then
perhaps what it is for nbgrader (answer, tests, manual, task, locked), its id and its points.
"""

import re
from pathlib import Path

import nbformat
from nbformat import v4

MARK = re.compile(
    r"(?m)^=== (raw|markdown|code)(?: (answer|tests|manual|task|locked) (\S+)(?: ([\d.]+))?)?\n"
)
FLAGS = {
    "answer": {"solution"}, "tests": {"grade", "locked"}, "manual": {"grade", "solution"},
    "task": {"task", "locked"}, "locked": {"locked"},
}  # fmt: skip


def write(path: Path, text: str) -> Path:
    """Write a source notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = []
    _, *parts = MARK.split(text.lstrip("\n"))
    for kind, what, id, points, source in zip(*(parts[i::5] for i in range(5)), strict=True):
        cell = getattr(v4, f"new_{kind}_cell")(source.strip("\n"))
        if what:
            flags = ("grade", "solution", "locked", "task")
            about = {flag: flag in FLAGS[what] for flag in flags}
            about |= {"grade_id": id, "schema_version": 3}
            cell.metadata["nbgrader"] = about | ({"points": float(points)} if points else {})
        cells.append(cell)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


TENSORS = '''
=== markdown locked intro
# Tensors
With care.
=== code locked imports
import torch

EPS = 1e-6

def near(a, b):
    return bool((a - b).abs().max() < EPS)
=== markdown locked about-square
**Square.** Write a function.
=== code answer square
def square(x):
    """Return x squared."""
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
=== code tests square-tests 2
"""Squares of numbers."""
x = torch.tensor([1.0, 2.0])
assert near(square(x), torch.tensor([1.0, 4.0]))
### BEGIN HIDDEN TESTS
assert near(square(-x), torch.tensor([1.0, 4.0]))
assert square(torch.zeros(3)).shape == (3,)
### END HIDDEN TESTS
=== code answer norm
def norm(x):
    """Return the root of the sum of squares."""
    return square(x).sum().sqrt()
=== code tests norm-tests 3
# The norm of (3, 4) is 5.
assert near(norm(torch.tensor([3.0, 4.0])), torch.tensor(5.0))
=== code tests norm-hidden 1.5
### BEGIN HIDDEN TESTS
assert near(norm(torch.ones(4)), torch.tensor(2.0))
### END HIDDEN TESTS
=== code answer value
### BEGIN SOLUTION
size = 3
### END SOLUTION
=== markdown manual why 4
Why is a norm never negative?
=== code manual plot 2
### BEGIN SOLUTION
plotted = [square(torch.tensor(float(i))) for i in range(3)]
### END SOLUTION
=== markdown task report 5
Write a report.
### BEGIN MARK SCHEME
One point for each page.
### END MARK SCHEME
=== code answer counter
class Counter:
    step = 1

    def __init__(self, start):
        if start < 0:
            raise ValueError("negative")
        self.n = start

    def up(self):
        self.n += self.step
        return self.n
=== code tests counter-tests 1
c = Counter(3)
assert c.up() == 4
### BEGIN HIDDEN TESTS
try:
    Counter(-1)
except ValueError:
    pass
else:
    raise AssertionError("no error")
### END HIDDEN TESTS
'''
