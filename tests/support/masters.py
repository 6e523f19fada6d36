"""Master notebooks of otter-grader, as their authors write them.

A cell is what a notebook holds, after a line that says what it is: raw, markdown or code; of code,
`-> text` says what a notebook has printed below it.
"""

import re
from pathlib import Path

import nbformat
from nbformat import v4

MARK = re.compile(r"(?m)^=== (raw|markdown|code)(?: -> (.*))?\n")


def write(path: Path, text: str) -> Path:
    """Write a master notebook."""
    cells = []
    _, *parts = MARK.split(text.lstrip("\n"))
    for kind, output, source in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        cell = getattr(v4, f"new_{kind}_cell")(source.strip("\n"))
        if output:
            data = {"text/plain": output}
            cell.outputs = [v4.new_output("execute_result", data, execution_count=1)]
        cells.append(cell)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


SIMPLE = '''
=== raw
# ASSIGNMENT CONFIG
name: first steps
export_cell:
    pdf: false
=== markdown
# First steps
With tensors.
=== code
import torch
%matplotlib inline
=== raw
# BEGIN QUESTION
name: q1
points: 3
=== markdown
**Question 1.** Square a tensor.
=== raw
# BEGIN SOLUTION
=== code
def square(x):
    """Return x squared."""
    return x * x # SOLUTION
=== raw
# END SOLUTION
=== raw
# BEGIN TESTS
=== code
""" # BEGIN TEST CONFIG
points: 1
failure_message: Three squared is "nine".
""" # END TEST CONFIG
assert square(torch.tensor(3.0)) == 9
=== code -> 16
square(4)
=== code -> True
# HIDDEN
square(-2) == 4
=== raw
# END TESTS
=== raw
# END QUESTION
=== raw
# BEGIN QUESTION
name: q2
=== raw
# BEGIN SOLUTION
=== code
side = 5 # SOLUTION
area = square(side) # SOLUTION
=== raw
# END SOLUTION
=== raw
# BEGIN TESTS
=== code -> 25
print(area)
=== code -> True
side == 5
=== raw
# END TESTS
=== raw
# END QUESTION
'''

FUNCTIONS = '''
=== markdown
```otter
# ASSIGNMENT CONFIG
name: layers
tests:
    ok_format: false
files:
    - data.csv
```
# Layers
=== code
import torch
from torch import nn

SIZE = 3
=== markdown
```otter
# BEGIN QUESTION
name: q1
points:
    each: 2
all_or_nothing: true
```
Write a layer.
=== raw
# BEGIN SOLUTION
=== code
class Scale(nn.Module):
    def __init__(self, n):
        super().__init__()
        # BEGIN SOLUTION
        self.weight = nn.Parameter(torch.ones(n))
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION NO PROMPT
        scaled = self.weight * x
        return scaled
        # END SOLUTION
        """ # BEGIN PROMPT
        scaled = ...
        return scaled
        """ # END PROMPT
=== raw
# END SOLUTION
=== raw
# BEGIN TESTS
=== code
def test_shape(Scale, SIZE):
    import torch
    out = Scale(SIZE)(torch.ones(2, SIZE))
    assert out.shape == (2, SIZE)
=== code
""" # BEGIN TEST CONFIG
hidden: true
""" # END TEST CONFIG
def test_values(env):
    import torch
    SIZE = 3
    layer = env["Scale"](SIZE)
    assert torch.equal(layer(torch.ones(2, SIZE)), torch.ones(2, SIZE))
=== raw
# END TESTS
=== raw
# END QUESTION
=== raw
# BEGIN QUESTION
name: q2
points: 2
=== raw
# BEGIN SOLUTION
=== code
import numpy as np

def mean(values):
    # a comment
    # BEGIN SOLUTION
    if not len(values):
        raise ValueError("nothing has no mean")
    return np.asarray(values).mean()
    # END SOLUTION
=== raw
# END SOLUTION
=== raw
# BEGIN TESTS
=== code
def test_mean(mean):
    import numpy as np
    assert mean(np.arange(5)) == 2
=== code
def test_error(mean):
    try:
        mean([])
    except ValueError:
        return
    assert False, "no error"
=== raw
# END TESTS
=== raw
# END QUESTION
=== raw
# BEGIN QUESTION
name: q3
manual: true
points: 5
=== raw
# BEGIN SOLUTION
=== markdown
Since it is so.
=== raw
# END SOLUTION
=== raw
# END QUESTION
'''
