"""Of wrong code that the banks of mistakes do not hold, a true hypothesis is said, or none.

Nothing in `mistakes.toml` may be tuned to these. Of each it is said which hypotheses are true.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.checking.mistake import Mistake
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.model.result import Result
from grader.report.sanitize import whole
from grader.verify.candidate import Candidate

ROOT = Path(__file__).parents[2]
SDPA, MHA = "ScaledDotProductAttention", "MultiHeadAttention"


@dataclass(frozen=True)
class Wrong:
    """One wrong answer, as patches on the solution."""

    assignment: str
    question: str
    patches: tuple[tuple[str, str], ...]
    true: tuple[str, ...] = ()
    """Parts of the sentences that are true of it."""


def attention(question: str, *patches: tuple[str, str], true: tuple[str, ...] = ()) -> Wrong:
    return Wrong("attention", question, patches, true)


def lstm(question: str, *patches: tuple[str, str], true: tuple[str, ...] = ()) -> Wrong:
    return Wrong("lstm_mnist", question, patches, true)


SOFTMAX = "torch.softmax(scores, dim=-1)"
STEP = "h, c = lstm_step(x_t, h, c, *parameters)"
WRONG = {
    "the output is made of V transposed at the front": attention(
        SDPA, ("weights @ V,", "weights @ V.transpose(0, 1),")
    ),
    "scores are transposed after the softmax and before": attention(
        SDPA, (SOFTMAX, "torch.softmax(scores.mT, dim=-1)")
    ),
    "weights follow distances": attention(
        SDPA, ("Q @ K.transpose(-2, -1)", "-torch.cdist(Q, K) ** 2")
    ),
    "weights follow a sum of absolute differences": attention(
        SDPA, ("Q @ K.transpose(-2, -1)", "-torch.cdist(Q, K, p=1)")
    ),
    "the scores are squared": attention(SDPA, (SOFTMAX, "torch.softmax(scores**2, dim=-1)")),
    "a hardmax takes the place of the softmax": attention(
        SDPA, (SOFTMAX, "torch.nn.functional.one_hot(scores.argmax(-1), K.size(-2)).to(V.dtype)")
    ),
    "the softmax has a temperature of 3": attention(
        SDPA, (SOFTMAX, "torch.softmax(scores / 3, dim=-1)")
    ),
    "dropout of another share": attention(
        SDPA, (SOFTMAX, f"nn.functional.dropout({SOFTMAX}, 0.3)"), true=("go through dropout",)
    ),
    "the state of the last call is added": attention(
        SDPA,
        (
            f"weights = {SOFTMAX}",
            f"weights = {SOFTMAX} + getattr(self, 'kept', 0)\n"
            "        self.kept = weights.detach() / 9",
        ),
    ),
    "a mask of the wrong kind of fill": attention(SDPA, ('float("-inf")', "scores.min()"), true=()),
    "the mask is applied to the keys first": attention(SDPA, ("mask == 0", "mask.flip(-1) == 0")),
    "the output is rounded": attention(SDPA, ("weights @ V,", "(weights @ V).round(decimals=2),")),
    "scores in float16": attention(
        SDPA,
        ("Q @ K.transpose(-2, -1)", "(Q.half() @ K.half().transpose(-2, -1)).to(Q.dtype) * 1.1"),
    ),
    "the heads are merged in reversed order": attention(
        MHA, ("merge_heads(heads)", "merge_heads(heads.flip(1))")
    ),
    "the values are scaled as well": attention(
        MHA, ("self.dropout(weights) @ v", "self.dropout(weights) @ v / self.num_heads")
    ),
    "dropout twice": attention(
        MHA, ("self.dropout(weights)", "self.dropout(self.dropout(weights))")
    ),
    "the softmax is doubled in each head": attention(
        MHA, ("self.dropout(weights) @ v", "self.dropout(torch.softmax(weights, -1)) @ v")
    ),
    "the state is kept in a dict": lstm(
        "LSTMClassifier",
        (
            "out, _ = self.rnn(x)",
            "states = self.__dict__.setdefault('states', {})\n"
            "        out, states[x.shape] = self.rnn(x, states.get(x.shape))",
        ),
        true=("from the state that the last call has left",),
    ),
    "the input gets noise": lstm(
        "LSTMClassifier", ("self.rnn(x)", "self.rnn(x + 0.1 * torch.randn_like(x))")
    ),
    "a dropout of another share on the input": lstm(
        "LSTMClassifier",
        ("self.rnn(x)", "self.rnn(nn.functional.dropout(x, 0.2, self.training))"),
        true=("dropout that nobody has asked for",),
    ),
    "an average of the last two steps": lstm(
        "LSTMClassifier", ("out[:, -1]", "out[:, -2:].mean(1)")
    ),
    "the sigmoid overflows": lstm(
        "LSTMCell", ("torch.sigmoid(f) * c", "(f.exp() / (1 + f.exp())) * c")
    ),
    "the gates are hard": lstm(
        "LSTMCell", ("torch.sigmoid(o) *", "nn.functional.hardsigmoid(o) *")
    ),
    "a softmax over the gates": lstm(
        "LSTMCell",
        ("i, f, g, o = gates.chunk(4, dim=-1)", "i, f, g, o = gates.softmax(-1).chunk(4, dim=-1)"),
    ),
    "g is a relu": lstm("LSTMCell", ("torch.tanh(g)", "torch.relu(g)")),
    "the input gate works on the old state": lstm(
        "LSTMCell",
        ("torch.sigmoid(f) * c + torch.sigmoid(i) *", "torch.sigmoid(i) * c + torch.sigmoid(i) *"),
    ),
    "h is fed back with half its size": lstm(
        "LSTM", (STEP, "h, c = lstm_step(x_t, h / 2, c, *parameters)")
    ),
    "every second step is skipped": lstm(
        "LSTM",
        (STEP, "h, c = lstm_step(x_t, h, c, *parameters) if len(outputs) % 2 == 0 else (h, c)"),
    ),
    "the batch is reversed": lstm("LSTM", ("x.unbind(dim=1):", "x.flip(0).unbind(dim=1):")),
    "the loss is divided by two": lstm("train_step", ("loss.backward()", "(loss / 2).backward()")),
    "backward is forgotten": lstm(
        "train_step", ("    loss.backward()\n", ""), true=("no parameter moves",)
    ),
    "the gradient is clipped": lstm(
        "train_step",
        (
            "optimizer.step()",
            "nn.utils.clip_grad_norm_(model.parameters(), 0.01)\n    optimizer.step()",
        ),
    ),
}


@pytest.fixture(scope="module")
def said() -> dict[str, tuple[Result, ...]]:
    """What is said of each of them."""
    found = {}
    for name in ("attention", "lstm_mnist"):
        assignment = Assignment.read(ROOT / "solutions" / f"{name}.py")

        def work(session: Session, name: str = name) -> None:
            checks = session.checks
            for title, wrong in WRONG.items():
                if wrong.assignment == name:
                    made = Mistake(title, wrong.question, "", wrong.patches)
                    session.checks = [c for c in checks if c.question == wrong.question]
                    student = Candidate(session.bank.solution(made))
                    found[title] = tuple(session.results(student, b"unseen", []))

        run_session(assignment, ROOT / "autograder_tests" / name, work)
    return found


@pytest.mark.parametrize("title", WRONG)
def test_a_hypothesis_about_code_that_nobody_has_foreseen_is_true_or_there_is_none(said, title):
    results = said[title]
    assert any(result.earned < result.points for result in results), "it is wrong"
    hypotheses = [result.hypothesis for result in results if result.hypothesis]
    assert all(any(t in h for t in WRONG[title].true) for h in hypotheses), hypotheses
    known = [whole(r).rpartition("\n")[2] for r in results if "Known to end like" in whole(r)]
    assert all("Yours may have another cause." in line for line in known)
