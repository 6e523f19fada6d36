"""A network of ours stands beside the student's code, answers from tables, and notes its calls."""

import pytest
import torch

from grader.checks import answer, scripted
from tests.support.subjects import PLACES, placed

SOURCE = """
import torch

def speak(step, first, h, length):
    said = []
    for _ in range(length):
        logits, h = step(first, h)
        first = logits.argmax(-1)
        said.append(first)
        h.mul_(1)
    return torch.stack(said, 1)

def endless(step, first, h):
    while True:
        step(first, h)

def translate(model, source, length):
    mode = model.training
    model.eval()
    with torch.no_grad():
        h, token, said = model.encoder(source), torch.zeros(len(source), dtype=int), []
        for _ in range(length):
            logits, h = model.decoder.step(h=h, token=token)
            token = logits.argmax(-1)
            said.append(token)
    model.train(mode)
    return [[int(t) for t in row] for row in torch.stack(said, 1)]

def forgetful(model, source, length):
    model.eval()
    return model.encoder(source).sum()

def trains(model, source, length):
    return [next(iter(model.children())) is model.encoder, model.encoder(source)]
"""
NAMES = ("speak", "endless", "translate", "forgetful", "trains")
NEXT = torch.tensor([1, 2, 0])


@pytest.fixture(params=PLACES, scope="module")
def student(request, zygote):
    with placed(request.param, zygote, SOURCE, NAMES) as student:
        yield student


def step(tables, token, h):
    import math

    return math.e * tables.logits[token], h + 1


def encode(tables, source):
    return tables.logits[source[:, 0]]


def following(tables, token, h):
    return torch.roll(h, 1, dims=-1), torch.roll(h, 1, dims=-1)


def successors():
    return torch.eye(3)[NEXT]


def test_a_function_answers_from_its_tables_and_its_calls_are_noted(student):
    speak = scripted(student, "speak", step, logits=successors())
    said = speak(torch.tensor([0, 2]), torch.zeros(2), 3)
    assert said.tolist() == [[1, 2, 0], [0, 1, 2]] and speak.__name__ == "speak"
    assert [asked.given[0].tolist() for asked in speak.calls] == [[0, 2], [1, 0], [2, 1]]
    assert [asked.given[1].tolist() for asked in speak.calls] == [[0, 0], [1, 1], [2, 2]]
    assert {(asked.part, asked.graph, asked.training) for asked in speak.calls} == {
        ("", True, True)
    }


def test_every_call_begins_a_new_count(student):
    speak = scripted(student, "speak", step, logits=successors())
    for length in (3, 2):
        speak(torch.tensor([0]), torch.zeros(1), length)
        assert len(speak.calls) == length


def test_a_loop_without_an_end_is_an_error_that_says_so(student):
    endless = scripted(student, "endless", step, logits=successors())
    with pytest.raises(Exception, match="step is called 200 times, and once more"):
        endless(torch.tensor([0]), torch.zeros(1))
    assert endless.calls == []


def test_a_model_has_its_parts_by_their_names_and_its_mode_is_noted(student):
    parts = {"encoder": encode, "decoder.step": following}
    translate = scripted(student, "translate", parts, logits=successors())
    answer(translate, torch.tensor([[0], [1]]), 2, due=[[2, 0], [0, 1]])
    assert [asked.part for asked in translate.calls] == ["encoder", "decoder.step", "decoder.step"]
    assert {(asked.graph, asked.training) for asked in translate.calls} == {(False, False)}
    assert translate.training
    assert translate.calls[2].given[1].tolist() == [2, 0]  # by name, in the order of the call


def test_a_model_that_is_left_in_evaluation_mode_is_seen(student):
    forgetful = scripted(student, "forgetful", {"encoder": encode}, logits=successors())
    forgetful(torch.tensor([[0]]), 1)
    assert not forgetful.training and not forgetful.calls[0].training


def test_a_model_is_a_module_of_torch(student):
    trains = scripted(student, "trains", {"encoder": encode}, logits=successors())
    is_child, out = trains(torch.tensor([[0]]), 1)
    assert is_child and out.tolist() == [[0, 1, 0]]


def test_tables_have_the_precision_of_the_inputs(student):
    speak = scripted(student, "speak", step, logits=successors())
    speak(torch.tensor([0]), torch.zeros(1, dtype=torch.float32), 2)
    trains = scripted(student, "forgetful", {"encoder": encode}, logits=successors().double())
    assert trains(torch.zeros(1, 1).long(), 1).dtype == torch.float64


def test_a_lambda_is_the_authors_error(student):
    with pytest.raises(TypeError, match="def name"):
        scripted(student, "speak", lambda tables, token, h: (token, h))
