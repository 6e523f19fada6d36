"""What a worker answers has the shape that was asked for, or it is the student's error."""

import pytest
import torch
from torch import Tensor, nn

from grader.model.code import Code
from grader.model.limits import Limits, StudentError
from grader.model.message import Message
from grader.sandbox.guest import submission
from grader.sandbox.guest.saying import LONGEST, Saying, wired
from grader.sandbox.host.reply import (
    ANSWERS,
    CONSTRUCTED,
    ERROR,
    MOST_CODE,
    MOST_LETTERS,
    MOST_LINES,
    MOST_PLACES,
    TEXT,
    fits,
    of_notebook,
    text,
)  # fmt: skip
from grader.sandbox.host.sandbox import MAX_TEXT
from tests.support import walls

X = torch.ones(2)
ONE = {
    "id": 0,
    "result": [X, {"any": "thing"}],
    "differentiable": [True],
    "changed": {0: X},
    "gradients": [],
}
CALL = [[ONE, ONE]]
MADE = {
    "shapes": {"weight": [2]},
    "parameters": {"weight": X},
    "learns": {"weight": True},
    "buffers": {},
}


@pytest.mark.parametrize(
    "value, answer",
    [
        (None, type(None)), (1, int), ("a", str), (X, Tensor), ([], list[bool]),
        ([True], list[bool]), ([X, None], list[Tensor | None]), ({}, dict[str, Tensor]),
        ({"a": X}, dict[str, Tensor]),
        (..., object), (CALL, ANSWERS["call"]), (MADE, CONSTRUCTED),
        ([None, X], ANSWERS["backward"]),
        ({"kind": "E", "message": "", "traceback": ""}, ERROR),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_of_the_right_shape_fits(value, answer):
    assert fits(value, answer)


@pytest.mark.parametrize(
    "value, answer",
    [
        (0, type(None)), (True, int), (1.0, int), (b"a", str), (nn.Parameter(X), Tensor),
        ((), list[bool]), ([1], list[bool]), ([True, None], list[bool]),
        (None, list[Tensor | None]),
        ([X, 0], list[Tensor | None]), ([X], dict[str, Tensor]), ({0: X}, dict[str, Tensor]),
        ({"a": [X]}, dict[str, Tensor]), ({"score": 100}, ANSWERS["call"]), (ONE, ERROR),
        ([[ONE | {"passed": True}]], ANSWERS["call"]), ([ONE], ANSWERS["call"]),
        ([[ONE, ONE | {"id": "0"}]], ANSWERS["call"]), ([[ONE], ONE], ANSWERS["call"]),
        ([[ONE | {"changed": {True: X}}]], ANSWERS["call"]), ({}, ANSWERS["load"]),
        (MADE | {"learns": {"weight": 1}}, CONSTRUCTED), (MADE | {"id": 0}, CONSTRUCTED),
        ({"kind": "E", "message": 1, "traceback": ""}, ERROR), ("passed", ANSWERS["construct"]),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_of_another_shape_does_not(value, answer):
    assert not fits(value, answer)


def test_every_request_has_an_answer():
    methods = {name for name in vars(submission.Submission) if not name.startswith("_")}
    along = {"answer", "begin", "make", "using"}  # what comes along with another request
    assert methods - along == ANSWERS.keys()


FORGER = """
import os, socket, struct
import msgpack

def frame(value, body=b""):
    header = msgpack.packb(value)
    fill = bytes(-len(header) % 16)
    return struct.pack("<4sIQ", b"GRD3", len(header), len(body)) + header + fill + body

def tensor(*shape):
    return msgpack.ExtType(1, struct.pack(f"<B{len(shape)}Q", 0, *shape))

def call(result):
    one = {"id": 0, "result": result, "differentiable": [], "changed": {}, "gradients": []}
    return [[one]]

CALL = call("forged")
ERROR = {"kind": "MemoryError", "message": "x" * 500_000, "traceback": "y" * 500_000}
FORGED = {
    "a score": frame({"score": 100, "of": 100, "passed": True}),
    "a score as the answer": frame({"number": 2, "constructed": [], "ok": {"score": 100}}),
    "true as the answer": frame({"number": 2, "constructed": [], "ok": True}),
    "an answer to another request": frame({"number": 3, "constructed": [], "ok": CALL}),
    "an answer to an earlier request": frame({"number": 1, "constructed": [], "ok": CALL}),
    "a number that is true": frame({"number": True, "constructed": [], "ok": CALL}),
    "a number that is none": frame({"number": None, "constructed": [], "ok": CALL}),
    "no number": frame({"constructed": [], "ok": CALL}),
    "an answer and an error": frame({"number": 2, "constructed": [], "ok": CALL, "error": ERROR}),
    "an answer and a score": frame({"number": 2, "constructed": [], "ok": CALL, "score": 100}),
    "an error that is a score": frame({"number": 2, "error": 100}),
    "a list": frame([2, CALL]),
    "a tensor that is not there": frame({"number": 2, "constructed": [], "ok": call(tensor(3))}),
    "a tensor that is too big": frame({"number": 2, "constructed": [], "ok": call(tensor(2**40))}),
    "layers": frame({"layers": ["namespaces", "seccomp"]}),
    "no frame": bytes(range(256)),
    "JSON": b'{"number": 2, "constructed": [], "ok": {"score": 100}}\\n',
    "a frame that claims 8 EB": struct.pack("<4sIQ", b"GRD3", 2**32 - 1, 2**63),
}

def forge(name):
    os.write(3, FORGED[name])

def answers():
    os.write(3, frame({"number": 2, "constructed": [], "ok": CALL}))
    return "true"

def fails():
    os.write(3, frame({"number": 2, "error": ERROR}))

def ends_in_the_middle():
    os.write(3, frame({"number": 2, "constructed": [], "ok": CALL})[:-5])
    os._exit(0)

def floods():
    while True:
        os.write(3, frame({"number": 2, "constructed": [], "ok": {"score": 100}}))

def closes():
    os.close(3)

def replaces():
    os.dup2(os.open("/dev/null", os.O_RDONLY), 3)

def sends_descriptors():
    end = socket.socket(fileno=os.dup(3))
    socket.send_fds(end, [FORGED["a score as the answer"]], [0, 1, 2])

def honest():
    return "honest"
"""
FORGED = [
    line.split('"')[1]
    for line in FORGER.split("FORGED = {")[1].split("\n}")[0].splitlines()
    if ": " in line
]
WORDS = "wrote to the grader's connection, or closed it"


@pytest.fixture
def forger(zygote):
    with walls.running(zygote, FORGER, Limits(seconds=5)) as worker:
        yield worker


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_is_the_students_error(forger, name):
    with pytest.raises(StudentError, match=WORDS):
        walls.call(forger, "forge", name)
    assert not forger.alive


@pytest.mark.parametrize("name", ["floods", "sends_descriptors"])
def test_writing_to_the_connection_is_the_students_error(forger, name):
    with pytest.raises(StudentError, match=WORDS):
        walls.call(forger, name)


@pytest.mark.parametrize("name", ["closes", "replaces", "ends_in_the_middle"])
def test_a_worker_without_its_connection_ends(forger, name):
    with pytest.raises(StudentError, match="ended the Python process"):
        walls.call(forger, name)


def test_an_answer_that_is_forged_well_is_a_value_like_any_other_and_the_last_one(forger):
    assert walls.call(forger, "answers") == "forged"  # to be judged, as "true" would have been
    with pytest.raises(StudentError, match=WORDS):
        walls.call(forger, "honest")  # gets the true answer to the call before


def test_of_a_forged_error_no_more_is_read_than_of_a_true_one(forger):
    with pytest.raises(StudentError) as caught:
        walls.call(forger, "fails")
    assert len(caught.value.traceback) == MAX_TEXT == LONGEST


def test_an_answer_before_the_question_is_the_students_error(zygote):
    early = FORGER + 'forge("a score as the answer")\nforge("a score")\n'
    with zygote.open(Limits()) as worker, pytest.raises(StudentError, match=WORDS):
        walls.load(worker, early, ["honest"])


def test_after_a_forger_the_next_worker_is_honest(zygote, forger):
    with pytest.raises(StudentError):
        walls.call(forger, "forge", "a score")
    with walls.running(zygote, FORGER) as worker:
        assert walls.call(worker, "honest") == "honest"


def test_what_is_said_of_a_notebook_is_cut_to_what_was_asked_and_briefly():
    loaded = {
        "unreadable": "u" * 9000, "dynamic": True, "ran": True, "instead": "",
        "near": {f"n{i}": "f" for i in range(20_000)},
        "code": [
            {"name": name, "cell": cell, "line": line, "text": "x" * 90_000}
            for name in ("f", "n1")
            for cell, line in ((3, 4), (0, 1), (1, -1), (10**9, 1), (1, 2**63))
        ],
        "defined": {f"n{i}": "value" for i in range(20_000)} | {"f": "function"},
        "uses": {"f": ["torch.x"] * 2000, "g": []},
        **{key: ["n" * 9000] * 100 for key in ("notes", "tried", "left_out")},
        "problems": [{"headline": "n" * 9000, "traceback": "n" * 9000}] * 100, "newer": False,
        "chosen": [7] * 2 * MOST_PLACES,
    }  # fmt: skip
    assert fits(loaded, ANSWERS["load"])
    cut = of_notebook(loaded, ("f", "absent"))
    assert cut["near"] == {}
    assert cut["code"] == {"f": Code("f", 3, 4, "x" * MOST_CODE)}
    assert cut["defined"] == {"f": "function"} and list(cut["uses"]) == ["f"]
    assert cut["chosen"] == [7] * MOST_PLACES
    assert set(cut["problems"]) == {("n" * MOST_LETTERS, "n" * MOST_LETTERS)}
    for lines in (cut["notes"], cut["tried"], cut["left_out"]):
        assert len(lines) == MOST_LINES and {len(line) for line in lines} == {MOST_LETTERS}
    assert len(cut["uses"]["f"]) == MOST_LINES and len(cut["unreadable"]) == MOST_LETTERS


@pytest.mark.parametrize("said", [Saying("{a} of {b}", a=1, b=Saying("two {c}", c="{d}")), "{a}"])
def test_what_a_worker_says_arrives_as_it_was_meant(said):
    assert fits(wired(said), TEXT) and str(text(wired(said))) == said
    assert isinstance(text(wired(said)), Message) == isinstance(said, Saying)


BLOWN_UP = {"": "{a}" * 600, "a": {"": "{a}" * 600, "a": {"": "{a}" * 600, "a": "x" * 600}}}
"""600 to the power of four letters, of 6,000."""


@pytest.mark.parametrize(
    "forged",
    [
        BLOWN_UP, {"": "{a}", "a": BLOWN_UP}, {"": "{a} {b}", "a": "x" * 9000, "b": "y" * 9000},
        {"": "{a:>999999999} {a.real} {b}", "a": "x"}, {"": "x" * 9000}, {"": ""},
    ],
)  # fmt: skip
def test_a_template_that_a_worker_has_made_up_makes_no_text_longer(forged):
    assert fits(forged, TEXT) and len(str(text(forged))) <= MOST_LETTERS


@pytest.mark.parametrize("forged", [{}, {"": 1}, {"a": "b"}, {"": "a", 1: "b"}, ["a"], None, b"a"])
def test_what_is_no_text_does_not_fit(forged):
    assert not fits(forged, TEXT)
