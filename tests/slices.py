"""Random right notebooks with random preparations: a slice does what running everything does.

    python -m tests.slices [NOTEBOOKS [FIRST]]

A notebook prepares an object in some way (a container, a config, a module, a buffer, a file …),
holds it under other names, mixes in plots, prints and training, and answers with it. Everything is
run, cell by cell, as a kernel that has just been started would; then the statements that the slice
takes. Both must answer alike. The code is ours, and harmless: it runs in this process.
"""

import contextlib
import io
import os
import random
import re
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch

from grader.sandbox.guest.notebook import execution, slice
from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.statement import Statement
from grader.sandbox.guest.notebook.web import Web

IMPORTS = (
    "import argparse, contextlib, copy, functools, json, math, os, sys",
    "from collections import Counter, OrderedDict, defaultdict, deque, namedtuple",
    "from dataclasses import dataclass, field, replace",
    "from pathlib import Path\nfrom types import SimpleNamespace",
    "import numpy as np\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F",
)
HELPERS = """\
def put(where, key, value):
    where[key] = value

def attach(thing, name, value):
    setattr(thing, name, value)
    return thing

def same(thing): return thing

class Holder:
    def __init__(self, thing): self.thing = thing
    def get(self): return self.thing
    def call(self, method, *args): return getattr(self.thing, method)(*args)

@contextlib.contextmanager
def opened(thing):
    yield thing
"""


@dataclass(frozen=True)
class Kind:
    """A kind of object: how one is made with a wrong number in it, put right, and read."""

    makes: tuple[str, ...]
    rights: tuple[str, ...]
    """Statements, each of which puts the number {v} in; {n} is the object."""
    reads: tuple[str, ...]


KINDS = {
    "list": Kind(
        ("{n} = [0.0]", "{n} = list(range(1))", "{n} = [x for x in (0.0,)]"),
        (
            "{n}[0] = {v}",
            "{n}.append({v}); {n}.reverse(); {n}.pop()",
            "{n}.insert(0, {v})",
            "{n}.clear()\n{n}.extend([{v}])",
            "{n} += [{v}]\n{n}.remove(0.0)",
            "del {n}[0]; {n}.append({v})",
            "{n}.append({v})\n{n}.sort(key=lambda x: x != {v})",
            "{n}[:] = [{v}]",
            "put({n}, 0, {v})",
            "for _ in range(1): {n}.insert(0, {v})",
            "{n}.__setitem__(0, {v})",
            "list.insert({n}, 0, {v})",
            "with opened({n}) as opened_one:\n    opened_one[0] = {v}",
            "[{n}.insert(0, y) for y in ({v},)]",
            "list(map(functools.partial({n}.insert, 0), [{v}]))",
        ),
        ("{n}[0]", "next(iter({n}))"),
    ),
    "dict": Kind(
        ("{n} = {{}}", "{n} = dict(k=0.0)", "{n} = defaultdict(float)", "{n} = OrderedDict(k=0.0)"),
        (
            "{n}['k'] = {v}",
            "{n}.update(k={v})",
            "{n}.pop('k', None); {n}.setdefault('k', {v})",
            "{n} |= {{'k': {v}}}",
            "put({n}, 'k', {v})",
            "{n}.clear(); {n}.update([('k', {v})])",
            "for key in ['k']:\n    {n}[key] = {v}",
            "{n}.__setitem__('k', {v})",
            "def fill_{n}():\n    {n}['k'] = {v}\nfill_{n}()",
            "(lambda d: d.update(k={v}))({n})",
            "def fill_{n}(into={n}): put(into, 'k', {v})\nfill_{n}()",
            "if True:\n    {n}.update(k={v})",
            "try:\n    {n}['k'] = {v}\nfinally:\n    pass",
            "for {n}_key, {n}_value in zip(['k'], [{v}]): {n}.update({{{n}_key: {n}_value}})",
            "json_{n} = json.loads(json.dumps(dict(k={v})))\n{n}.update(json_{n})",
        ),
        ("{n}['k']", "{n}.get('k')", "list({n}.values())[0]"),
    ),
    "tensor": Kind(
        ("{n} = torch.zeros(1)", "{n} = torch.ones(1, 1)[0]", "{n} = torch.tensor([5.0])"),
        (
            "{n}.fill_({v})",
            "{n}[0] = {v}",
            "{n}.zero_().add_({v})",
            "{n}.copy_(torch.tensor([{v}]))",
            "torch.add(torch.zeros(1), {v}, out={n})",
            "{n} *= 0; {n} += {v}",
            "nn.init.constant_({n}, {v})",
            "with torch.no_grad():\n    {n}.fill_({v})",
            "{n}.numpy()[:] = {v}",
            "for part in {n}.split(1): part.fill_({v})",
            "{n}.view(-1)[:1].fill_({v})",
            "{n}.data = torch.tensor([{v}])",
            "{n}.masked_fill_({n} == {n}, {v})",
            "torch.Tensor.fill_({n}, {v})",
            "np.copyto({n}.numpy(), {v})",
            "{n}.index_fill_(0, torch.tensor([0]), {v})",
        ),
        ("{n}[0]", "{n}.item()", "{n}.sum()"),
    ),
    "array": Kind(
        ("{n} = np.zeros(1)", "{n} = np.array([3.0])"),
        (
            "{n}[:] = {v}",
            "{n}.fill({v})",
            "np.add(0, {v}, out={n})",
            "np.put({n}, 0, {v})",
            "np.copyto({n}, {v})",
            "{n} *= 0\n{n} += {v}",
            "torch.from_numpy({n}).fill_({v})",
            "{n}.itemset({v}) if hasattr({n}, 'itemset') else {n}.fill({v})",
            "np.fill_diagonal({n}[None], {v})",
        ),
        ("float({n}[0])", "{n}.item()"),
    ),
    "module": Kind(
        (
            "{n} = nn.Linear(1, 1, bias=False)",
            "{n} = nn.Sequential(nn.Linear(1, 1, bias=False))[0]",
        ),
        (
            "nn.init.constant_({n}.weight, {v})",
            "{n}.weight.data.fill_({v})",
            "with torch.no_grad():\n    {n}.weight.copy_(torch.tensor([[{v}]]))",
            "{n}.load_state_dict(dict(weight=torch.tensor([[{v}]])))",
            "for p in {n}.parameters():\n    p.data.fill_({v})",
            "{n}.weight = nn.Parameter(torch.tensor([[{v}]]))",
            "{n}.apply(lambda m: nn.init.constant_(m.weight, {v}))",
            "setattr({n}, 'weight', nn.Parameter(torch.full((1, 1), {v})))",
            "nn.utils.vector_to_parameters(torch.tensor([{v}]), {n}.parameters())",
            "for name, p in {n}.named_parameters():\n"
            "    getattr({n}, name).requires_grad_(False).fill_({v})",
            "{n}.weight.data.zero_()\n{n}.register_forward_hook(lambda m, i, o: o + {v})\n"
            "{n}.register_buffer('ready', torch.ones(1))",
            "{n}.state_dict()['weight'].fill_({v})",
        ),
        ("{n}(torch.ones(1, 1)).item()",),
    ),
    "buffer": Kind(
        ("{n} = nn.Module()", "{n} = nn.Identity()"),
        (
            "{n}.register_buffer('k', torch.tensor({v}))",
            "{n}.k = {v}",
            "attach({n}, 'k', {v})",
            "{n}.add_module('inner', nn.Module()); {n}.inner.k = {v}; {n}.k = {n}.inner.k",
            "{n}.register_parameter('k', nn.Parameter(torch.tensor({v})))",
            "{n}.__dict__.update(k={v})",
            "vars({n})['k'] = {v}",
            "object.__setattr__({n}, 'k', {v})",
        ),
        ("{n}.k", "getattr({n}, 'k')"),
    ),
    "config": Kind(
        (
            "{n} = SimpleNamespace()",
            "{n} = argparse.Namespace(k=0.0)",
            "class Config_{n}:\n    def set(self, **kw): self.__dict__.update(kw); "
            "return self\n{n} = Config_{n}()",
            "class Config_{n}:\n    k = 0.0\n{n} = Config_{n}",
            "@dataclass\nclass Config_{n}:\n    k: float = 0.0\n"
            "    more: list = field(default_factory=list)\n"
            "{n} = Config_{n}()",
        ),
        (
            "{n}.k = {v}",
            "setattr({n}, 'k', {v})",
            "attach({n}, 'k', {v})",
            "for key, value in dict(k={v}).items():\n    setattr({n}, key, value)",
            "{n}.k = 0.0; {n}.k += {v}",
            "{n}.more = []\n{n}.more.append({v})\n{n}.k = {n}.more.pop()",
            "type.__setattr__({n}, 'k', {v}) if isinstance({n}, type) else "
            "object.__setattr__({n}, 'k', {v})",
            "class Changed_{n}:\n    attach({n}, 'k', {v})",
        ),
        ("{n}.k", "getattr({n}, 'k')"),
    ),
    "parser": Kind(
        ("{n}_parser = argparse.ArgumentParser()",),
        (
            "{n}_parser.add_argument('--k', type=float, default={v})\n"
            "{n} = {n}_parser.parse_args([])",
            "{n}_group = {n}_parser.add_argument_group('more')\n"
            "{n}_group.add_argument('--k', default={v})\n"
            "{n} = {n}_parser.parse_known_args([])[0]",
            "{n}_parser.add_argument('--k', type=float)\n"
            "{n} = {n}_parser.parse_args(['--k', '{v}'])",
            "{n}_parser.add_argument('--k', default=0.0)\n{n}_parser.set_defaults(k={v})\n"
            "{n} = {n}_parser.parse_args(args=[])",
        ),
        ("{n}.k",),
    ),
    "file": Kind(
        ("{n}_path = Path(FOLDER) / '{n}.json'", "{n}_path = os.path.join(FOLDER, '{n}.json')"),
        (
            "Path({n}_path).write_text('{{\"k\": {v}}}')\n"
            "{n} = json.loads(Path({n}_path).read_text())",
            "with open({n}_path, 'w') as f:\n    json.dump(dict(k={v}), f)\n"
            "{n} = json.load(open({n}_path))",
            "torch.save(dict(k={v}), {n}_path)\n{n} = torch.load({n}_path)",
            "open(os.path.join(FOLDER, '{n}.json'), 'w').write('{{\"k\": {v}}}')\n"
            "with open({n}_path) as f: {n} = json.load(f)",
        ),
        ("{n}['k']",),
    ),
    "deque": Kind(
        ("{n} = deque([0.0])", "{n} = deque(maxlen=1)"),
        (
            "{n}.clear(); {n}.appendleft({v})",
            "{n}.append({v}); {n}.rotate(1)",
            "{n}.extendleft([{v}]); {n}.rotate(0)",
        ),
        ("{n}[0]",),
    ),
    "counter": Kind(
        ("{n} = Counter()",),
        ("{n}.update({{'k': {v}}})", "{n}['k'] += {v}", "{n}.subtract({{'k': -{v}}})"),
        ("{n}['k']",),
    ),
    "function": Kind(
        (
            "def {n}(): return {n}.k\n{n}.k = 0.0",
            "def {n}(found=[0.0]): return found[0]\n{n}.__defaults__[0].pop()",
        ),
        (
            "{n}.k = {v}; ({n}.__defaults__ or ([],))[0].append({v})",
            "attach({n}, 'k', {v})\nfor part in {n}.__defaults__ or (): part.append({v})",
        ),
        ("{n}()",),
    ),
    "closure": Kind(
        (
            "def make_{n}():\n    held = [0.0]\n    def change(x): held[0] = x\n"
            "    return change, lambda: held[0]\n"
            "change_{n}, {n} = make_{n}()",
        ),
        (
            "change_{n}({v})",
            "for x in (1.0, {v}): change_{n}(x)",
            "_ = [change_{n}(x) for x in ({v},)]",
        ),
        ("{n}()",),
    ),
    "registry": Kind(
        (
            "class Registry_{n}(dict):\n    def register(self, f):\n"
            "        self[f.__name__] = f\n        return f\n"
            "{n} = Registry_{n}()",
            "{n} = {{}}\ndef register_{n}(f):\n    {n}[f.__name__] = f\n    return f",
        ),
        (
            "{n}.update(k=lambda: {v})",
            "def k(): return {v}\n(register_{n} if '{n}' not in dir() else same)(k)\n{n}['k'] = k",
        ),
        ("{n}['k']()",),
    ),
    "names": Kind(
        ("{n} = 0.0",),
        (
            "globals()['{n}'] = {v}",
            "globals().update({n}={v})",
            "exec('{n} = {v}')",
            "locals().update({n}={v})",
            "def set_{n}():\n    global {n}\n    {n} = {v}\nset_{n}()",
            "for {n} in ({v},): pass",
            "with opened({v}) as {n}: pass",
            "({n} := {v})",
            "try:\n    {n} = {n}[0]\nexcept TypeError:\n    {n} = {v}",
            "{n}, _ = {v}, 0",
            "match {v}:\n    case {n}: pass",
            "del {n}\n{n} = {v}",
            "vars().__setitem__('{n}', {v})",
            "table_{n} = globals()\ntable_{n}['{n}'] = {v}",
        ),
        ("{n}",),
    ),
}
ALIASES = (
    "{a} = {n}",
    "{a} = [{n}][0]",
    "{a} = dict(o={n})['o']",
    "{a} = same({n})",
    "{a} = Holder({n}).get()",
    "{a}, _ = {n}, 1",
    "for {a} in [{n}]: pass",
    "with opened({n}) as {a}: pass",
    "({a} := {n})",
    "box_{a} = Holder({n})\n{a} = box_{a}.thing",
    "box_{a} = []\nbox_{a}.append({n})\n({a},) = box_{a}",
    "box_{a} = {{}}\nput(box_{a}, 0, {n})\n{a} = box_{a}.popitem()[1]",
    "{a} = (lambda: {n})()",
    "{a} = [x for x in ({n},)].pop()",
    "{a} = next(iter([{n}]))",
    "{a} = copy.copy([{n}])[0]",
)
"""Ways to another name for the same object."""
ALIASED = {"list", "dict", "tensor", "array", "module", "buffer", "config", "deque", "counter"}
NOISE = (
    "print('epoch', 1)",
    "print({n})",
    "plt.plot([1, 2])\nplt.show()",
    "fig, ax = plt.subplots()\nax.plot([1])",
    "junk = torch.randn(3)\njunk.mul_(2)",
    "assert True",
    "model = nn.Linear(2, 2)\nprint(model)",
    "for _ in range(2):\n    loss = model_of(2).sum()\n    loss.backward()",
    "torch.manual_seed(0)",
    "!pip install something",
    "%matplotlib inline",
    "names = sorted(['b', 'a'])\nnames.clear()",
    "type({n})",
    "help_text = repr({n})",
    "import time\nstart = time.time()",
    "str({n}), len('ab')",
    "def unused(x): return undefined + {n}",
    "%timeit 1 + 1",
    "isinstance({n}, dict)",
    "'a text'",
)
MODEL = "def model_of(n): return nn.Linear(n, n)(torch.ones(n))"
PLOTS = """\
class plt:
    plot = show = staticmethod(lambda *_: None)
    subplots = staticmethod(lambda: (plt, plt))"""


def notebook(case: int) -> list[str]:
    """Make the cells of a number's notebook."""
    chance = random.Random(f"slice {case}")
    pieces = [*IMPORTS, "FOLDER = os.environ['SLICES']", HELPERS, PLOTS, MODEL]
    reads: list[str] = []
    for number, value in enumerate((2.0, 0.5)[: chance.randint(1, 2)]):
        name = f"{chance.choice('abcde')}{number}"
        pieces += _prepared(chance, name, value, reads)
    while len(reads) < 2:
        reads.append(str((2.0, 0.5)[len(reads)]))
    pieces.append(f"def double(x): return x * ({reads[0]})")
    pieces.append(f"def halve(x): return x * ({reads[1]})")
    cells = []
    while pieces:
        together = chance.randint(1, 4)
        cells.append("\n".join(pieces[:together]))
        pieces = pieces[together:]
    return cells


def _prepared(chance: random.Random, name: str, value: float, reads: list[str]) -> Iterator[str]:
    """Yield statements that make an object, put it right, perhaps by another name, and read it."""
    kind_name = chance.choice(sorted(KINDS))
    kind = KINDS[kind_name]
    yield chance.choice(kind.makes).format(n=name, v=value)
    known = name
    for number in range(chance.choice((0, 0, 1, 1, 2)) if kind_name in ALIASED else 0):
        alias = f"{name}_{number}"
        yield chance.choice(ALIASES).format(a=alias, n=known)
        yield from _noise(chance, name if kind_name not in ("parser", "file") else "1")
        known = alias
    right = chance.choice(kind.rights)
    if known != name and re.search(r"\{n\} [*|+]?= |\{n\}_", right):
        known = name  # it would bind another object
    yield right.format(n=known, v=value)
    yield from _noise(chance, name)
    reads.append(chance.choice(kind.reads).format(n=name))


def _noise(chance: random.Random, name: str) -> Iterator[str]:
    for _ in range(chance.choice((0, 1, 1, 2))):
        yield chance.choice(NOISE).format(n=name)


def outcome(names: dict[str, Any]) -> list[object]:
    """Return what both functions answer, or the errors that they raise."""
    found: list[object] = []
    for name in ("double", "halve"):
        try:
            found.append(float(names[name](torch.tensor(3.0))))
        except Exception as error:
            found.append(type(error).__name__)
    return found


def ran(statements: Sequence[Statement]) -> list[object]:
    """Run statements as a notebook, in a folder of their own, and return the outcome."""
    main = types.ModuleType("__main__")
    before = torch.get_default_dtype()
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, SLICES=folder),
        patch.dict(sys.modules, __main__=main),
    ):
        torch.set_default_dtype(torch.float64)
        try:
            execution.run(statements, main.__dict__)
            return outcome(main.__dict__)
        finally:
            torch.set_default_dtype(before)


def difference(case: int) -> str:
    """Compare a slice with the whole; return what differs, or ""."""
    cells = notebook(case)
    statements, _ = slice.statements(Cell(n, source) for n, source in enumerate(cells, 1))
    web = Web(statements)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        due = ran(statements)
        found = ran(web.needed(["double", "halve"]))
    if due == found == [6.0, 1.5]:
        return ""
    what = "the notebook is wrong" if due != [6.0, 1.5] else "the slice differs"
    text = "\n----\n".join(cells).partition("def model_of")[2]
    return f"case {case}: {what}: due {due}, found {found}\n{text}\n"


def main() -> int:
    """Compare notebooks, print those that differ, and count them."""
    count, first = map(int, [*sys.argv[1:], *("2000", "0")[len(sys.argv) - 1 :]])
    different = 0
    for case in range(first, first + count):
        if said := difference(case):
            different += 1
            print(said)
    print(f"{count:,} notebooks, {different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
