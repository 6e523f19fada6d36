"""Code as students really write it: each entry is the cells of a notebook for tests/small_course.py.

RIGHT holds what earns everything; WRONG what cannot, with what its author is told.
"""

Cells = tuple[str, ...]

DOUBLE = "def double(x): return 2 * x\n"
HALVE = "def halve(x): return x / 2\n"
BOTH = DOUBLE + HALVE

RIGHT: dict[str, Cells] = {
    # how it is typed
    "tabs": ("def double(x):\n\treturn 2 * x\ndef halve(x):\n\treturn x / 2",),
    "tabs here, blanks there": ("def double(x):\n\treturn 2 * x\n", "def halve(x):\n  return x / 2"),
    "a cell indented as a whole": ("    def double(x):\n        return 2 * x\n", HALVE),
    "no blank line, no last line end": ("def double(x): return x*2\ndef halve(x): return x/2",),
    "semicolons": ("two = 2; import torch; half = 1 / two", "def double(x): y = 2 * x; return y;",
                   "def halve(x): return half * x;"),
    "lines continued": ("def double(x):\n    return 2 \\\n        * x\n", HALVE),
    "prompts of a terminal": (">>> def double(x):\n...     return 2 * x\n", HALVE),
    "prompts of IPython": ("In [1]: def double(x):\n   ...:     return 2 * x\n", HALVE),
    "invalid escapes": (r"path = 'C:\data\new'" + "\n" + BOTH,),
    "letters of other scripts": ("def двойка(x): return 2 * x\nπ = 3\ndouble = двойка", HALVE),
    "ligatures as names": ("def ﬁx(x): return 2 * x\n\ndef double(x): return fix(x)", HALVE),
    "blanks that do not break": ("# a\xa0comment\n" + BOTH,),
    "a form feed": ("\f" + BOTH,),
    # magics
    "magics": ("%matplotlib inline\n%load_ext autoreload\n!pip install torch -q\n" + BOTH,),
    "a timed cell": ("%%time\n" + DOUBLE, "%%capture out\n" + HALVE),
    "shell commands in between": ("files = !ls\nif files:\n    !rm -f x\n" + BOTH,),
    "help": ("torch.nn.Linear?\n" + BOTH + "double??\n",),
    "a cell of another language": ("%%bash\nrm -f x\n", "%%html\n<b>hi</b>", BOTH),
    "get_ipython": ("get_ipython().run_line_magic('matplotlib', 'inline')\n" + BOTH,),
    # asynchronous
    "async and await": ("async def later(x): return 2 * x", "factor = await later(1)",
                        "def double(x): return factor * x", HALVE),
    "await in a loop": ("import asyncio", "for _ in range(2): await asyncio.sleep(0)", BOTH),
    "async with": ("import contextlib", "async with contextlib.AsyncExitStack() as s: two = 2",
                   "def double(x): return two * x", HALVE),
    # where names come from
    "star imports": ("from math import *\nfrom torch import *", "def double(x): return add(x, x)",
                     "def halve(x): return mul(x, e ** 0 / 2)"),
    "an absent star import": ("from d2l.torch import *", BOTH),
    "absent imports": ("import tensorflow as tf, wandb\nfrom google.colab import drive",
                       "drive.mount('/content/drive')", BOTH),
    "imports tried": ("try:\n    import cupy as xp\nexcept ImportError:\n    import torch as xp",
                      "def double(x): return xp.add(x, x)", HALVE),
    "imported where it is used": ("def double(x):\n    import torch as t\n    return t.add(x, x)",
                                  HALVE),
    "a future import": ("from __future__ import annotations", "def double(x: Never): return 2 * x",
                        HALVE),
    "an annotation that is absent": ("import jax", "def double(x: jax.Array): return 2 * x", HALVE),
    "cells in the wrong order": ("def double(x): return two * x", HALVE, "two = one + one", "one = 1"),
    "defined twice": ("def double(x): return 3 * x", HALVE, DOUBLE),
    "del": (DOUBLE, "del double", DOUBLE, "junk = 1\ndel junk", HALVE),
    "del of a builtin's shadow": ("sum = 5", "del sum", "def double(x): return sum([x, x])", HALVE),
    "global": ("calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return 2 * x", HALVE),
    "a global bound by a call": ("def start():\n    global two\n    two = 2", "start()",
                                 "def double(x): return two * x", HALVE),
    "nonlocal": ("def make():\n    n = 0\n    def inner(x):\n        nonlocal n\n        n = 2\n"
                 "        return n * x\n    return inner", "double = make()", HALVE),
    "builtins shadowed": ("list = [1]; print = None; sum = max = 'x'; type = 5; len = 7", BOTH),
    "torch shadowed": ("torch = 'a lamp'\nnn = np = F = None", BOTH),
    "names of ours shadowed": ("grader = student = draw = solution = test = None", BOTH),
    "dunder names": ("__name__ = 'x'\n__file__ = __builtins__ = None", BOTH),
    "names with underscores": ("_ = __ = 2\ndef _double(x): return _ * x\ndouble = _double", HALVE),
    # definitions in odd places
    "the main guard": ("if __name__ == '__main__':\n    def double(x): return 2 * x\n    " + HALVE,),
    "a guarded main": (BOTH, "def main(): print(double(1))\nif __name__ == '__main__': main()"),
    "conditional definitions": ("import sys\nif sys.version_info > (3,):\n    " + DOUBLE
                                + "else:\n    double = None", HALVE),
    "definitions in a try": ("try:\n    " + DOUBLE + "finally:\n    " + HALVE,),
    "definitions in a with": ("import contextlib\nwith contextlib.suppress(Exception):\n    "
                              + DOUBLE, HALVE),
    "definitions in a loop": ("for two in (1, 2):\n    def double(x): return two * x", HALVE),
    "definitions in a match": ("match 1:\n    case 1:\n        " + DOUBLE, HALVE),
    "made by exec": ("exec('def double(x): return 2 * x')", HALVE),
    "made by exec of f-strings": ("for n, e in ('double', '2 * x'), ('halve', 'x / 2'):\n"
                                  "    exec(f'def {n}(x): return {e}')",),
    "made through globals()": ("globals()['double'] = lambda x: 2 * x", HALVE),
    "made by setattr": ("import sys\nsetattr(sys.modules['__main__'], 'double', lambda x: 2 * x)\n"
                        "globals()", HALVE),
    "made by eval": ("double = eval('lambda x: 2 * x')", HALVE),
    "made by type": ("D = type('D', (), {'__call__': lambda self, x: 2 * x})\ndouble = D()", HALVE),
    # what functions are
    "lambdas": ("double = lambda x: 2 * x\nhalve = lambda x: x / 2",),
    "a partial": ("import functools, operator\ndouble = functools.partial(operator.mul, 2)", HALVE),
    "an object with __call__": ("class D:\n    def __call__(self, x): return 2 * x\ndouble = D()",
                                HALVE),
    "a bound method": ("class D:\n    def twice(self, x): return 2 * x\ndouble = D().twice", HALVE),
    "a static method": ("class D:\n    @staticmethod\n    def twice(x): return 2 * x\n"
                        "double = D.twice", HALVE),
    "a module": ("from torch import nn\nclass D(nn.Module):\n    def forward(self, x): return x + x\n"
                 "double = D()", HALVE),
    "an operator of torch": ("import torch\nhalve = torch.nn.Identity()", DOUBLE, HALVE),
    "decorators": ("import functools\ndef log(f):\n    @functools.wraps(f)\n    def inner(*a, **k):\n"
                   "        return f(*a, **k)\n    return inner", "@log\n@log\n" + DOUBLE, HALVE),
    "no_grad around a part": ("import torch\n@torch.no_grad()\ndef look(x): return x.mean()",
                              "def double(x):\n    look(x)\n    return 2 * x", HALVE),
    "a registry": ("known = {}\ndef register(f):\n    known[f.__name__] = f\n    return f",
                   "@register\ndef twice(x): return 2 * x",
                   "def double(x): return known['twice'](x)", HALVE),
    "dispatch": ("import functools\n@functools.singledispatch\ndef double(x): return x",
                 "import torch\n@double.register\ndef _(x: torch.Tensor): return 2 * x", HALVE),
    "a class patched afterwards": ("class D: pass", "def twice(self, x): return 2 * x",
                                   "D.__call__ = twice", "double = D()", HALVE),
    "a class patched after its object": ("class D:\n    two = 3\nd = D()", "D.two = 2",
                                         "def double(x): return d.two * x", HALVE),
    "a class that extends itself": ("class D:\n    two = 2", "class D(D):\n    pass",
                                    "def double(x): return D.two * x", HALVE),
    "a dictionary filled later": ("config = {}", "config.update(two=2)", "config['half'] = 0.5",
                                  "def double(x): return config['two'] * x",
                                  "def halve(x): return config['half'] * x"),
    "a function with attributes": (DOUBLE, "double.two = 2\ndef double(x): return 2 * x", HALVE),
    "a generator inside": ("def parts(x):\n    yield x\n    yield x\ndef double(x): return "
                           "sum(parts(x))", HALVE),
    "a walrus": ("def double(x): return (y := x) + y\nif (n := 2): half = 1 / n",
                 "def halve(x): return half * x"),
    "default arguments": ("two = 2\ndef double(x, *, factor=two): return factor * x", HALVE),
    "a data class": ("from dataclasses import dataclass\n@dataclass\nclass Config:\n    two: int = 2",
                     "def double(x, c=Config()): return c.two * x", HALVE),
    "an enumeration": ("from enum import IntEnum\nclass N(IntEnum):\n    TWO = 2",
                       "def double(x): return x * N.TWO.value", HALVE),
    # what else stands in a notebook
    "a cell that raises": (BOTH, "raise ValueError('stop here')", "1 / 0", "undefined + 1"),
    "a cell that ends the program": (BOTH, "import sys\nsys.exit()", "exit()", "quit"),
    "a cell that never ends": (BOTH, "while True: pass"),
    "a cell that asks": (BOTH, "name = input('your name? ')", "breakpoint()"),
    "a cell that is no Python": ("This cell says what I did.", BOTH, "x = = 1", "def (", "'''"),
    "a cell that breaks off": (BOTH, "def another(x:\n    return"),
    "a syntax error above": ("print 'hello'\nfor i in range(3) print(i)\n" + BOTH,),
    "conflict marks elsewhere": ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> fix\n", BOTH),
    "tests and asserts": (BOTH, "assert double(1) == 3, 'to do'", "def test_double(): assert False"),
    "training": ("import torch\nw = torch.ones(1, requires_grad=True)",
                 "for _ in range(10**9):\n    (w * w).backward()", BOTH),
    "a device": ("import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
                 "def double(x): return 2 * x.to(device)", "def halve(x): return x.cuda() / 2"),
    "global state of torch": ("import torch\ntorch.manual_seed(0)\ntorch.set_grad_enabled(False)\n"
                              "torch.set_default_dtype(torch.float16)", BOTH),
    "prints without end": ("for _ in range(10**5): print('x' * 100)", BOTH),
    "a long list": ("numbers = [" + "1, " * 50_000 + "]", BOTH),
    "a sum of a thousand terms": ("y = " + " + ".join(["1"] * 1000), BOTH),
}  # fmt: skip

WRONG: dict[str, tuple[Cells, str]] = {
    "nothing that counts": (("x = 1",), "`double` is not defined"),
    "another name": (("def doubled(x): return 2 * x", HALVE), "`double` is not defined"),
    "a name in capitals": (("def Double(x): return 2 * x", HALVE), "`double` is not defined"),
    "a value": (("double = 2", HALVE), "is a value, not a function"),
    "deleted at the end": ((BOTH, "double = 5"), "is a value"),
    "no return": (("def double(x): 2 * x", HALVE), "return"),
    "an ellipsis left": (("def double(x): ...", HALVE), "return"),
    "not implemented": (("def double(x): raise NotImplementedError", HALVE), "Not implemented yet"),
    "a syntax error inside": (("def double(x):\n    return 2 *\n", HALVE), "line 2 is not valid"),
    "a missing colon": (("def double(x)\n    return 2 * x\n", HALVE), "not valid Python"),
    "indentation lost": (("def double(x):\nreturn 2 * x\n", HALVE), "not valid Python"),
    "a conflict inside": (
        ("def double(x):\n<<<<<<< HEAD\n    return 2 * x\n=======\n    return x\n>>>>>>> fix\n", HALVE),
        "not valid Python",
    ),
    "Python 2": (("def double(x):\n    print 'x'\n    return 2 * x\n", HALVE), "not valid Python"),
    "one argument too few": (("def double(): return 2", HALVE), "takes 0 positional arguments"),
    "one argument too many": (("def double(x, y): return 2 * x", HALVE), "missing 1 required"),
    "a name that is missing": (("def double(x): return two * x", HALVE), "'two' is not defined"),
    "an absent import that is used": (
        ("import cupy\ndef double(x): return cupy.add(x, x)", HALVE), "not installed where grading",
    ),
    "an async answer": (("async def double(x): return 2 * x", HALVE), "coroutine"),
    "a generator": (("def double(x): yield 2 * x", HALVE), "generator"),
    "numpy instead of torch": (("def double(x): return 2 * x.numpy()", HALVE), "ndarray|numpy"),
    "a list": (("def double(x): return [2 * y for y in x]", HALVE), "3 values, not 1"),
    "text": (("def double(x): return str(2 * x)", HALVE), "str|text"),
    "itself": (("def double(x): return double", HALVE), "function"),
    "endless recursion": (("def double(x): return double(x)", HALVE), "recursion"),
    "a loop without end": (("def double(x):\n    while True: pass", HALVE), "more than 1 s"),
    "too much memory": (
        ("import torch\ndef double(x): return torch.ones(10**9) + x", HALVE), "more than 512 MB",
    ),
    "the end of the program": (("import sys\ndef double(x): sys.exit(0)", HALVE), "SystemExit"),
    "a killed process": (("import os\ndef double(x): os._exit(0)", HALVE), "ended the Python"),
    "a question to the user": (("def double(x): return float(input()) * x", HALVE), "EOF|input"),
    "printed instead of returned": (("def double(x): print(2 * x)", HALVE), "return"),
    "a class instead": (("class double:\n    def __init__(self, x): self.y = 2 * x", HALVE), "double"),
    "a whole notebook that raises": (
        ("exec('raise ValueError(7)')", "def double(x): return y * x\ny = 1 / 0", HALVE), "'y'|division",
    ),
}  # fmt: skip
