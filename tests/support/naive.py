"""A deliberately naive grader, the control for the hostile samples. Never grade with it.

It does what many graders of courses do: runs the notebook and then the hidden tests in one
interpreter, with the solution within reach, and believes what comes out. An attack that succeeds
here is real; only then does it mean something that the same attack fails elsewhere.

    python naive.py NOTEBOOK COURSE CHANNEL

COURSE is a folder made by `plant`; the score goes to the file descriptor CHANNEL as a line of JSON.
"""

import json
import resource
import socket
import sys
import types
from pathlib import Path

import pytest

HIDDEN_TESTS = '''
"""{canary}"""
import runpy
from pathlib import Path

import torch
import submission

reference = runpy.run_path(str(Path(__file__).parents[2] / "solutions" / "attention.py"))


def test_scaled_dot_product_attention():
    Q, K, V = torch.randn(2, 5, 8), torch.randn(2, 7, 8), torch.randn(2, 7, 3)
    attention = reference["ScaledDotProductAttention"]()
    expected = attention(Q, K, V)[0].shape
    out, _ = submission.ScaledDotProductAttention()(Q, K, V)
    assert out.shape == expected
    expected, _ = attention(Q, K, V)
    assert torch.allclose(out, expected, atol=1e-4)


def test_split_heads():
    x = torch.randn(2, 5, 12)
    expected = reference["split_heads"](x, 3)
    out = submission.split_heads(x, 3)
    assert out.shape == expected.shape
    assert torch.equal(out, expected)


def test_merge_heads():
    x = torch.randn(2, 3, 5, 4)
    expected = reference["merge_heads"](x)
    torch.testing.assert_close(submission.merge_heads(x), expected)


def test_multi_head_attention():
    theirs, ours = submission.MultiHeadAttention(12, 3), reference["MultiHeadAttention"](12, 3)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 5, 12)
    expected, _ = ours(x, x, x)
    out, _ = theirs(x, x, x)
    assert not ((out - expected).abs() > 1e-4).any()
'''


def plant(course: Path, solution: str, canary: str) -> None:
    """Fill the course's folder with a solution and hidden tests, both marked with `canary`."""
    for path, text in {
        "solutions/attention.py": f"# {canary}\n{solution}",
        "autograder_tests/attention/test_attention.py": HIDDEN_TESTS.format(canary=canary),
    }.items():
        (course / path).parent.mkdir(parents=True)
        (course / path).write_text(text, "utf-8")


def run(notebook: Path) -> types.ModuleType:
    """Run every code cell here and now; return what they define."""
    submission = types.ModuleType("submission")
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), submission.__dict__)
    return submission


class Tally:
    """Count what passes, and keep what students are told about the rest."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.score, self.of, self.feedback = 0, 0, ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the end of a test."""
        if report.when == "call":
            self.of += 1
            self.score += report.passed
            self.feedback += report.longreprtext


def grade(notebook: Path, course: Path) -> dict[str, object]:
    """Grade a notebook, whatever it does to us."""
    sys.modules["submission"] = run(notebook)
    tally = Tally()
    options = ["-q", "-s", "-p", "no:cacheprovider"]
    pytest.main([*options, str(course / "autograder_tests")], [tally])
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # of KiB, on Linux
    return {**vars(tally), "peak_mb": peak_mb}


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[3])) as channel:
        score = grade(Path(sys.argv[1]), Path(sys.argv[2]))
        channel.sendall(json.dumps(score).encode() + b"\n")
