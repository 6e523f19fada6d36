"""The second assignment: it runs, its checks fail what is wrong, and they pass what is right."""

import functools
import http.server
import json
import re
import threading
from pathlib import Path

import nbformat
import pooch
import pytest

from grader.checking.collect import run_session
from grader.checking.mistake import read_mistakes
from grader.report.sanitize import whole
from grader.course.assignment import Assignment
from grader.course.build import build, skeleton
from grader.judging.judge import judge
from grader.model.result import Result, Status
from grader.model.judgement import Judgement
from grader.sandbox.guest.notebook import execution, slice
from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.host.zygote import Zygote
from tests.support.kernel import run, said

ROOT = Path(__file__).parents[2]
SOLUTION = ROOT / "solutions" / "lstm_mnist.py"
CHECKS = ROOT / "autograder_tests" / "lstm_mnist"
NOTEBOOK = ROOT / "assignments" / "lstm_mnist.ipynb"
MNIST = ROOT.parent / "shared" / "data" / "mnist"
ASSIGNMENT = Assignment.read(SOLUTION)
NOBODY = "http://127.0.0.1:9/"  # the port "discard", where nobody answers
CELLS = {cell.question: cell.source for cell in ASSIGNMENT.cells if cell.question}

SAID = {
    "columns_as_steps": "swapped",
    "view_mixes_pictures": "right numbers in the wrong places",
    "divides_pixels": "(1/255)",
    "gates_as_in_cs231n": "in the order i, f, o, g",
    "forget_and_input_swapped": "in the order f, i, g, o",
    "no_forget_gate": "f ⊙ c",
    "coupled_gates": "f ⊙ c",
    "sigmoid_candidate": "f ⊙ c",
    "no_tanh_of_c": "o ⊙ tanh(c')",
    "h_from_the_old_state": "o ⊙ tanh(c')",
    "one_bias_only": "f ⊙ c",
    "recurrent_weight_data": "`weight_hh`",
    "state_detached_in_the_cell": "no gradient reaches `state[1]`",
    "starts_from_ones": "h",
    "naive_tanh": "NaN or infinite",
    "detaches_each_step": "along T, the gradient reaches `x` at 5 but not at 4",
    "backpropagates_three_steps": "along T, the gradient reaches `x` at 3 but not at 2",
    "detaches_c": "the result is right, but its gradient is not",
    "outputs_without_gradient": "no gradient reaches `x`",
    "time_reversed": "wrong everywhere",
    "time_first": "B and T are swapped",
    "view_mixes_batch_and_time": "right numbers in the wrong places",
    "state_not_carried": "right at 0 and wrong from 1 on",
    "outputs_shifted": "`out` is wrong",
    "given_state_ignored": "given",
    "h_and_c_returned_swapped": "last h",
    "all_layers_read_the_input": "num_layers = 2",
    "reads_the_first_step": "num_layers=1",
    "mean_over_time": "num_layers=1",
    "reads_the_first_layer": "num_layers=2",
    "reads_the_cell_state": "num_layers=1",
    "softmax_in_the_model": "These are probabilities",
    "log_softmax_in_the_model": "These are log-probabilities",
    "relu_before_the_head": "num_layers=1",
    "rnn_detached": "no gradient reaches",
    "never_clears_gradients": "The old gradients are followed",
    "clears_gradients_before_the_step": "No parameter has moved",
    "never_steps": "No parameter has moved",
    "steps_twice": "2 ×",
    "softmax_before_cross_entropy": "With B=5",
    "sum_of_losses": "off by a factor of 5",
    "counts_right_ones": "factor of",
    "percent": "factor of 100",
    "squeeze_without_dim": "an axis of size 1 has disappeared",
    "forgets_the_axis_of_colour": "(3, 1, 28, 28)",
    "pictures_laid_flat": "`steps` has shape (3, 784)",
    "returns_h_only": "returns 1 value, not 2",
    "one_bias_parameter": "`bias_hh` is missing",
    "weight_transposed": "`weight_ih` has shape (3, 16), not (16, 3)",
    "cell_state_in_place": "`c` is changed in place",
    "state_of_the_first_step": "last h",
    "layers_detached": "what a layer shows is detached",
    "random_start": "wrong everywhere",
    "state_kept_between_calls": "is random or is kept",
    "torchs_own_lstm": "torch.nn.LSTM is not allowed",
    "named_by_cells": "`weight_ih_l0` is missing",
    "last_of_the_batch": "has shape (5, 6)",
    "squeezes_the_batch": "an axis of size 1 has disappeared",
    "steps_by_hand": "After 2 steps of SGD",
    "returns_nothing": "is a `return` missing?",
    "leaves_evaluation_mode": "in evaluation mode",
    "squeezes_one_picture": "'int' object is not iterable",
    "measures_with_dropout": "in training mode",
    "stays_in_evaluation_mode": "training mode",
    "always_back_to_training": "evaluation",
    "builds_a_graph": "gradients enabled",
}
"""Of some mistakes, a part of what the student reads."""

MISTAKES = read_mistakes(CHECKS / "mistakes.toml", ASSIGNMENT)
VARIANTS = {path.stem: path.read_text("utf-8") for path in (CHECKS / "variants").glob("*.py")}

STUBS = {
    "rows_as_sequence": '''
def rows_as_sequence(images):
    return torch.zeros(len(images), 28, 28)
''',
    "LSTMCell": '''
class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.zeros(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.zeros(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.zeros(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.zeros(4 * hidden_size))

    def forward(self, x, state=None):
        h = x.new_zeros(len(x), self.hidden_size) + 0 * sum(p.sum() for p in self.parameters())
        return h, h
''',
    "LSTM": '''
class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__()
        self.like = [nn.LSTM(input_size, hidden_size, num_layers)]
        for name, parameter in self.like[0].named_parameters():
            self.register_parameter(name, parameter)

    def forward(self, x, state=None):
        L, H = self.like[0].num_layers, self.like[0].hidden_size
        zero = 0 * sum(p.sum() for p in self.parameters()) + 0 * x.sum()
        last = zero + x.new_zeros(L, len(x), H)
        return zero + x.new_zeros(len(x), x.size(1), H), (last, last)
''',
    "count_parameters": "def count_parameters(*sizes):\n    return 1\n",
    "LSTMClassifier": '''
class LSTMClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1):
        super().__init__()
        self.rnn = nn.LSTM(input_size, hidden_size, num_layers)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        return x.new_zeros(len(x), self.head.out_features)
''',
    "train_step": "def train_step(model, optimizer, images, labels):\n    return 0.0\n",
    "accuracy": "def accuracy(model, images, labels):\n    return 0.5\n",
}  # fmt: skip
"""Answers of the right shape, and nothing in them."""


SINGLE = {
    "rows_as_sequence": [("return images", "images = images.float()\n    return images")],
    "LSTMCell": [
        ("x.new_zeros(len(x), ", "torch.zeros(len(x), "),
        ("self.hidden_size)\n        h,", "self.hidden_size, dtype=torch.float32)\n        h,"),
    ],
    "LSTM": [
        ("x.new_zeros(self.num_layers, ", "torch.zeros(self.num_layers, "),
        ("self.hidden_size)\n        h_0", "self.hidden_size, dtype=torch.float32)\n        h_0"),
    ],
    "LSTMClassifier": [("self.rnn(x)", "self.rnn(x.float())")],
    "train_step": [("model(images), labels)", "model(images.float()), labels)")],
    "accuracy": [("model(images).argmax", "model(images.float()).argmax")],
}
"""Places where a student names float32, which is right in the notebook."""


def in_single_precision() -> dict[str, str]:
    """Return the solution's answers with float32 in them."""
    answers = dict(CELLS)
    for question, patches in SINGLE.items():
        for old, new in patches:
            assert answers[question].count(old) == 1, f"{old!r} is not once in {question}"
            answers[question] = answers[question].replace(old, new)
    return answers


def answered(answers: dict[str, str], more: str = "") -> dict:
    """Return a student's notebook: the skeleton with answers pasted in, and one more cell."""
    notebook = skeleton(ASSIGNMENT)
    for cell in notebook["cells"]:
        if question := cell["metadata"].get("grader", {}).get("question"):
            cell["source"] = answers.get(question, cell["source"])
    notebook["cells"].append({**notebook["cells"][1], "id": "more", "source": more})
    return notebook


def versions(*, whole: bool) -> dict[str, dict]:
    """Return notebooks by name; without the `whole` class, those that are always judged.

    `grader verify` has all mistakes judged in a sandbox as well.
    """
    handed_in = {"solution": answered(CELLS), "stubs": answered(STUBS)}
    handed_in["float32"] = answered(in_single_precision())
    for name, source in VARIANTS.items() if whole else ():
        handed_in[name] = answered(CELLS, source)
    for mistake in MISTAKES if whole else ():
        wrong = {mistake.question: mistake.made_in(CELLS[mistake.question])}
        handed_in[mistake.name] = answered(CELLS | wrong)
    return handed_in


@pytest.fixture(scope="module")
def judgements(
    request: pytest.FixtureRequest,
    training_zygote: Zygote,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Judgement]:
    """Versions judged by the hidden checks in a sandbox."""
    folder, found = tmp_path_factory.mktemp("class"), {}
    handed_in = versions(whole=any("whole" in item.keywords for item in request.session.items))

    def work(session):
        for name, notebook in handed_in.items():
            path = folder / f"{name}.ipynb"
            path.write_text(json.dumps(notebook))
            found[name] = judge(path, session, training_zygote, b"a key")

    run_session(ASSIGNMENT, CHECKS, work)
    return found


def lost(judgement: Judgement) -> list[Result]:
    """Return the checks worth something that are not passed."""
    assert not judgement.faulty, [r for r in judgement.results if r.status is Status.GRADER_ERROR]
    return [r for r in judgement.results if r.points and r.status is not Status.PASSED]


def test_the_notebook_is_up_to_date():
    assert build(SOLUTION, NOTEBOOK, check=True)


def test_the_hidden_checks_are_worth_100_points(judgements):
    assert judgements["solution"].max_score == 100


@pytest.mark.parametrize(
    "name", ["solution", "float32", *(pytest.param(v, marks=pytest.mark.whole) for v in VARIANTS)]
)
def test_a_right_version_gets_full_marks(judgements, name):
    assert [(r.check, whole(r), r.detail) for r in lost(judgements[name])] == []


@pytest.mark.whole
@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_costs_its_own_question_and_says_why(judgements, mistake):
    results = lost(judgements[mistake.name])
    assert {r.question for r in results} == {mistake.question}, [
        (r.check, whole(r)) for r in results
    ]
    assert results[0].status in (Status.FAILED, Status.OUT_OF_MEMORY, Status.STUDENT_ERROR)
    assert SAID.get(mistake.name, "") in whole(results[0])


@pytest.mark.whole
@pytest.mark.parametrize("name", ["gates_as_in_cs231n", "forget_and_input_swapped"])
def test_gates_in_another_order_cost_one_check(judgements, name):
    (result,) = lost(judgements[name])
    assert result.check == "test_the_gates_stand_in_the_order_i_f_g_o"


def test_answers_of_the_right_shape_earn_a_tenth_at_most(judgements):
    for question in ASSIGNMENT.questions:
        results = [r for r in judgements["stubs"].results if r.question == question]
        earned = sum(r.points for r in results if r.status is Status.PASSED)
        assert earned <= sum(r.points for r in results) / 10, question


@pytest.mark.whole
def test_every_hidden_check_is_failed_by_a_wrong_version(judgements):
    blamed = {lost(judgements[mistake.name])[0].check for mistake in MISTAKES} | {
        r.check for r in lost(judgements["stubs"]) if r.status is Status.FAILED
    }
    assert {r.check for r in judgements["solution"].results if r.points} - blamed == set()


def test_single_precision_is_remarked(judgements):
    assert any("float32" in f"{note}" for note in judgements["float32"].notes)


def execute(notebook: dict) -> list[nbformat.NotebookNode]:
    """Run a notebook in a real kernel, past its errors, and return all outputs."""
    book = nbformat.from_dict(notebook)
    for cell in book.cells:
        cell.source = "".join(cell.source)
    run(book, seconds=240)
    return [output for cell in book.cells for output in cell.get("outputs", ())]


@pytest.mark.whole
def test_the_skeleton_runs_and_says_what_is_not_implemented():
    outputs = execute(answered({}))
    errors = [output.ename for output in outputs if output.output_type == "error"]
    assert set(errors) == {"NotImplementedError"}
    assert len(errors) == 3  # the cells with a plot; checks say what is missing, and go on
    text = said(outputs)
    assert "✓" not in text and text.count("✗") >= len(ASSIGNMENT.questions)


@pytest.mark.whole
def test_the_solved_notebook_passes_its_checks_and_reaches_the_accuracy_it_states():
    outputs = execute(answered(CELLS))
    errors = [output for output in outputs if output.output_type == "error"]
    text = said(outputs)
    assert errors == []
    checks = sum(len(cell.checks) for cell in ASSIGNMENT.cells)
    assert "✗" not in text and text.count("✓") == 2 * checks  # below each question, and summed up
    stated = re.search(r"should be above (0\.\d+)", SOLUTION.read_text())
    reached = re.search(r"accuracy on the digits kept aside: (\d\.\d+)", text)
    assert stated and reached and float(reached[1]) > float(stated[1])


@pytest.fixture
def data(tmp_path, monkeypatch) -> dict:
    """The functions of the cell that loads the data, with an empty cache."""
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path / "cache")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    cells = [Cell(n, c.source) for n, c in enumerate(ASSIGNMENT.cells) if c.kind == "code"]
    statements, _ = slice.statements(cells)
    names: dict = {}
    assert execution.run(slice.needed(statements, ["load_mnist", "load_digits"]), names) == []
    return names


@pytest.fixture
def mirror(tmp_path):
    """A mirror of MNIST on this machine: its address and its folder."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST does not lie beside the project")
def test_a_file_comes_from_the_first_mirror_that_works_and_is_kept(data, mirror):
    address, folder = mirror
    for path in MNIST.glob("*.gz"):
        (folder / path.name).symlink_to(path)
    data["MIRRORS"] = (NOBODY, address)
    labels = data["read_idx"](data["fetch"]("t10k-labels-idx1-ubyte.gz"))
    images = data["read_idx"](data["fetch"]("t10k-images-idx3-ubyte.gz"))
    assert images.shape == (10_000, 28, 28) and labels.shape == (10_000,)
    assert labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert 0.1 < images.float().mean() / 255 < 0.2
    data["MIRRORS"] = (NOBODY,)
    assert len(data["read_idx"](data["fetch"]("t10k-labels-idx1-ubyte.gz"))) == 10_000


def test_a_file_with_another_checksum_is_refused(data, mirror):
    address, folder = mirror
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"something else")
    data["MIRRORS"] = (address,)
    with pytest.raises(OSError, match="no mirror gives t10k-labels"):
        data["fetch"]("t10k-labels-idx1-ubyte.gz")


def test_without_a_network_the_data_are_scikit_learns_digits(data, capsys):
    cell = next(c.source for c in ASSIGNMENT.cells if "def load_mnist" in c.source)
    cell = cell.replace('DATA = "digits"', 'DATA = "mnist"', 1)
    exec(re.sub(r"https://[^\"]*/", NOBODY, cell), data)
    said = capsys.readouterr().out
    assert "MNIST cannot be had" in said and "The data are scikit-learn's digits" in said
    assert data["train_images"].shape == (1500, 1, 28, 28)
    assert data["train_images"].min() == 0 and data["train_images"].max() == 1


def test_no_digit_is_both_trained_and_tested_with(data):
    (train, train_labels), (test, test_labels) = data["load_digits"]()
    assert len(train) == len(train_labels) == 1500 and len(test) == len(test_labels) == 297
    assert set(test_labels.tolist()) == set(range(10))
    from sklearn.datasets import load_digits

    assert len(train) + len(test) == len(load_digits().target)
