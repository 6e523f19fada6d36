"""Styles of code: the notebooks of styles.txt, and those that answer the assignment "attention"."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENTRY = re.compile(r"^==== (.+?)(?: ~~ (.+?))?(?: => (.+))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Style:
    """A notebook, and what its author is told."""

    name: str
    cells: tuple[str, ...]
    notes: str = ""
    """What is said about it, as a regular expression."""
    lacks: str = ""
    """What is said of what it lacks; empty where it earns everything."""

    @property
    def data(self) -> bytes:
        """The notebook's file."""
        cells = [{"cell_type": "code", "source": source} for source in self.cells]
        return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}).encode()


def small() -> Iterator[Style]:
    """Yield those that answer tests/support/small_course.py."""
    _, *parts = ENTRY.split(Path(__file__).with_suffix(".txt").read_text("utf-8"))
    for name, notes, lacks, body in zip(*(parts[n::4] for n in range(4)), strict=True):
        cells = re.split(r"^----\n", body.rstrip("\n") + "\n", flags=re.MULTILINE)
        yield Style(name, tuple(cells), notes or "", lacks or "")


RIGHT = (
    "import math\nimport numpy as np\nimport torch\nfrom torch import nn\n"
    "import torch.nn.functional as F\n",
    '''class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        return weights @ V, weights
''',
    '''def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads).transpose(1, 2)
''',
    '''def merge_heads(x):
    B, H, T, d = x.shape
    return x.transpose(1, 2).reshape(B, T, H * d)
''',
    '''class MultiHeadAttention(nn.Module):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        if d_model % num_heads:
            raise ValueError("no")
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.attention = ScaledDotProductAttention()
        self.dropout = nn.Dropout(dropout)
    def forward(self, Q, K, V, mask=None):
        pairs = (self.q_proj, Q), (self.k_proj, K), (self.v_proj, V)
        q, k, v = (split_heads(p(t), self.num_heads) for p, t in pairs)
        _, w = self.attention(q, k, v, mask)
        return self.out_proj(merge_heads(self.dropout(w) @ v)), w
''',
)  # fmt: skip
CALL = "        _, w = self.attention(q, k, v, mask)\n"
SCALED = "scores = Q @ K.transpose(-2, -1) / math.sqrt(Q.size(-1))"
MASKED = 'scores.masked_fill(mask == 0, float("-inf"))'
SOFTMAX = "torch.softmax(scores, dim=-1)"
HIDDEN = 'mask == 0, float("-inf")'
CLASS, BEFORE = "class ScaledDot", "    def forward(self, Q, K, V, mask=None):\n        "
FORWARD = BEFORE + "scores"
IMPORTS = "import torch.nn.functional as F\n"
MADE = "        self.attention = ScaledDotProductAttention()\n"
NORM = "        self.dropout = nn.Dropout(dropout)\n"
WIDE = BEFORE + "pairs"
AUTOCAST = 'with torch.autocast("cuda"):\n            _, w = self.attention(q, k, v, mask)\n'

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "100 right": (),
    "101 the root of a tensor of float32": (
        ("math.sqrt(Q.size(-1))", "torch.sqrt(torch.tensor(Q.size(-1), dtype=torch.float32))"),
    ),
    "102 the root by numpy": (("math.sqrt(Q.size(-1))", "np.sqrt(Q.size(-1))"),),
    "103 asserts float32": (
        (FORWARD, BEFORE + 'assert Q.dtype == torch.float32, "no"\n        scores'),
    ),
    "104 autocast": ((CALL, "        " + AUTOCAST),),
    "104b autocast around everything": (
        (
            WIDE,
            BEFORE + 'with torch.autocast(device_type="cuda", dtype=torch.float16):\n'
            "            return self.inner(Q, K, V, mask)\n"
            + WIDE.replace("forward", "inner"),
        ),
    ),
    "104c autocast and float32": (
        (FORWARD, BEFORE + "Q, K, V = Q.float(), K.float(), V.float()\n        scores"),
        (CALL, "        " + AUTOCAST + "        w = w.to(v.dtype)\n"),
    ),
    "105 minus a billion": ((HIDDEN, "mask == 0, -1e9"),),
    "106 where, and minus 1e20": (
        (MASKED, "torch.where(mask.bool(), scores, torch.tensor(-1e20))"),
    ),
    "107 a named tuple": (
        (CLASS, "from typing import NamedTuple\nclass Both(NamedTuple):\n    out: torch.Tensor\n"
                "    weights: torch.Tensor\n" + CLASS),
        ("return weights @ V, weights", "return Both(weights @ V, weights)"),
    ),
    "108 a list": (("return weights @ V, weights", "return [weights @ V, weights]"),),
    "109 an additive mask": ((MASKED, "scores + (1.0 - mask.float()) * -1e9"),),
    "110 a mask turned around": (("mask == 0,", "~mask.bool(),"),),
    "111 a compiled function": (("def split_heads", "@torch.compile\ndef split_heads"),),
    "111b a compiled method": (
        (FORWARD, "    @torch.compile\n" + FORWARD),
    ),
    "111c a compiled module": (
        (MADE, MADE + "        self.attention = torch.compile(self.attention)\n"),
    ),
    "112 a scripted function": (
        ("def split_heads(x, num_heads)",
         "@torch.jit.script\ndef split_heads(x: torch.Tensor, num_heads: int)"),
    ),
    "113 Xavier": (
        (NORM, "        for p in self.parameters():\n            if p.dim() > 1:\n"
               "                nn.init.xavier_uniform_(p)\n" + NORM),
    ),
    "114 a function that fills layers": (
        (CLASS, "def init(m):\n    if isinstance(m, nn.Linear): nn.init.zeros_(m.bias)\n" + CLASS),
        (NORM, NORM + "        self.apply(init)\n"),
    ),
    "115 a device that is put together": (
        (MADE, MADE + '        self.device = "cuda:{}".format(0)\n'),
        (CALL, "        q = q.to(self.device)\n" + CALL),
    ),
    "116 einops": (
        ("def split_heads", "from einops import rearrange\ndef split_heads"),
        ("x.reshape(B, T, num_heads, D // num_heads).transpose(1, 2)",
         'rearrange(x, "b t (h d) -> b h t d", h=num_heads)'),
    ),
    "117 a function in a file": (
        ("def split_heads", "%%writefile heads.py\ndef split_heads"),
        ("def merge_heads", "from heads import split_heads\ndef merge_heads"),
    ),
    "118 divided in place": (
        (SCALED, "scores = Q @ K.transpose(-2, -1)\n        scores /= math.sqrt(Q.size(-1))"),
        ("scores = " + MASKED, "scores.masked_fill_(" + HIDDEN + ")"),
    ),
    "119 a global that is not used": ((CLASS, "causal = torch.ones(64, 64).tril()\n" + CLASS),),
    "120 argparse": (
        (CLASS, 'import argparse\np = argparse.ArgumentParser()\n'
                'p.add_argument("--neg", type=float, default=float("-inf"))\nargs, unknown = '
                "p.parse_known_args([])\n" + CLASS),
        (HIDDEN, "mask == 0, args.neg"),
    ),
    "121 a checkpoint": (
        (CALL, "        from torch.utils.checkpoint import checkpoint\n"
               "        _, w = checkpoint(self.attention, q, k, v, mask, use_reentrant=False)\n"),
    ),
    "122 vmap": (
        ("    B, H, T, d = x.shape\n    return x.transpose(1, 2).reshape(B, T, H * d)",
         "    return torch.vmap(lambda a: torch.cat(list(a), dim=-1))(x)"),
    ),
    "123 another default dtype": (
        (CLASS, "torch.set_default_dtype(torch.float32)\n" + CLASS),
        (SCALED, SCALED.replace("Q @", "torch.zeros(Q.shape[-2], K.shape[-2]) + Q @")),
    ),
    "124 einsum": (("Q @ K.transpose(-2, -1)", 'torch.einsum("...qd,...kd->...qk", Q, K)'),),
    "125 a softmax in float32": (
        (SOFTMAX, "torch.softmax(scores.float(), dim=-1).type_as(scores)"),
    ),
    "126 a softmax with a dtype": (
        (SOFTMAX, "F.softmax(scores, dim=-1, dtype=torch.float32).to(Q.dtype)"),
    ),
    "127 a global that is filled": (
        (CLASS, 'NEG = torch.zeros(1)\nNEG.fill_(float("-inf"))\n' + CLASS),
        (HIDDEN, "mask == 0, NEG.item()"),
    ),
    "128 a config with a method": (
        (CLASS, "class Config(dict):\n    def define(self, **kw): dict.update(self, kw)\n"
                "cfg = Config()\ncfg.define(scale=0.5)\n" + CLASS),
        ("math.sqrt(Q.size(-1))", 'Q.size(-1) ** cfg["scale"]'),
    ),
    "129 a partial in the place of a class": (
        ("class MultiHeadAttention", "class Heads"),
        ("def __init__(self, d_model", "def __init__(self, kind, d_model"),
        ("self.dropout(w) @ v)), w\n",
         "self.dropout(w) @ v)), w\nimport functools\n"
         "MultiHeadAttention = functools.partial(Heads, ScaledDotProductAttention)\n"),
    ),
    "130 a function in the place of a class": (
        ("class MultiHeadAttention",
         "def told(cls):\n    return lambda *given, **named: print(given) or cls(*given, **named)\n"
         "@told\nclass MultiHeadAttention"),
    ),
    "131 sizes that come with the first call": (
        ("self.q_proj = nn.Linear(d_model, ", "self.q_proj = nn.LazyLinear("),
    ),
}  # fmt: skip
"""What is changed in the right answer, for each."""
LACKS = {
    "116 einops": "No module named 'einops'",
    "131 sizes that come with the first call": "have no size before the first call: `q_proj.weight",
}
NOTES = {
    "103 asserts float32": "float32",
    "104 autocast": "uses autocast",
    "111b a compiled method": "uses torch.compile",
    "115 a device that is put together": "asks for the device 'cuda:",
    "125 a softmax in float32": "float32",
}


def attention() -> Iterator[Style]:
    """Yield those that answer the assignment on attention."""
    for name, changes in CHANGES.items():
        cells = list(RIGHT)
        for old, new in changes:
            (number,) = [n for n, cell in enumerate(cells) if old in cell]
            cells[number] = cells[number].replace(old, new)
        yield Style(name, tuple(cells), NOTES.get(name, ""), LACKS.get(name, ""))
