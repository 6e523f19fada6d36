"""What hidden checks import: marks, and requirements that explain themselves.

A hidden check is a pytest function whose docstring is the sentence that the student reads. It fails
with a `Failure`, whose text the student reads as well; a plain `assert` tells the course team only.
docs/reference.md has every name with an example.
"""

from .checking.marks import assuming, needs, points, question
from .compare.agreement import agree, agree_on_each
from .compare.answer import answer
from .compare.by_hand import by_hand
from .compare.calls import call, call_on_each
from .compare.compare import ratio, spelled
from .compare.continues import continues
from .compare.convention import convention
from .compare.counts import linear_cost, operators, parameters_made
from .compare.disagreement import Disagreement
from .compare.draw import Draw
from .compare.frequencies import frequencies
from .compare.generator import seeded, uses_generator
from .compare.live_graphs import live_graphs
from .compare.only import only
from .compare.parameters import make_each, no_others, parameters_are, transplant
from .compare.precision import HALF
from .compare.reach import dependencies, reach
from .compare.record import recorded, same
from .compare.refusal import refuses
from .compare.requirements import equal, half_precision, pure
from .compare.scripted import scripted
from .compare.sketch import where
from .compare.training import Training
from .compare.trial import Failure, Remark
from .model.subject import Subject
from .sandbox.host.changes import changes

__all__ = [
    "HALF", "Disagreement", "Draw", "Failure", "Remark", "Subject", "Training", "agree",
    "agree_on_each", "answer", "assuming", "by_hand", "call", "call_on_each", "changes",
    "continues", "convention", "dependencies", "equal", "frequencies", "half_precision",
    "linear_cost", "live_graphs", "make_each", "needs", "no_others", "only", "operators",
    "parameters_are", "parameters_made", "points", "pure", "question", "ratio", "reach", "recorded",
    "refuses", "same", "scripted", "seeded", "spelled", "transplant", "uses_generator", "where",
]  # fmt: skip
