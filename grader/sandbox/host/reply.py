"""What a worker may answer to each request; it runs a student's code and may answer anything."""

from collections.abc import Iterable, Iterator
from types import GenericAlias, UnionType
from typing import Any

from torch import Tensor

from ...model.code import Code
from ...model.message import FIELD, Message, Text
from ..guest.saying import Saying, wired

MOST_LINES, MOST_LETTERS = 50, 2000
"""Of a notebook's notes and problems, and the letters of each."""
MOST_CODE, MOST_PLACES = 8000, 1_000_000
"""Letters of a definition, and the number that a cell, a line or a statement may have."""
Answer = Any
"""A type such as dict[str, Tensor]; a dict that names the type of every key; a list of one; or
TEXT."""
TEXT = "what guest/saying.py makes of a text"


ANSWERS: dict[str, Answer] = {
    "load": {
        "unreadable": TEXT,
        "defined": dict[str, str],
        "notes": [TEXT],
        "newer": bool,
        "problems": [{"headline": TEXT, "traceback": str}],
        "tried": [TEXT],
        "left_out": [TEXT],
        "ran": bool,
        "dynamic": bool,
        "uses": dict[str, list[str]],
        "instead": TEXT,
        "near": dict[str, str],
        "code": [{"name": str, "cell": int, "line": int, "text": str}],
        "chosen": list[int],
    },
    "reload": type(None),
    "fingerprint_tokens": {
        "unreadable": TEXT,
        "code": Tensor,
        "tokens": Tensor,
        "lines": Tensor,
    },
    "shown": {
        "unreadable": TEXT,
        "code": Tensor,
        "places": Tensor,
        "counting": list[Tensor],
        "words": Tensor,
    },
    "construct": type(None),
    "call": [
        [
            {
                "id": int,
                "result": object,
                "differentiable": list[bool],
                "changed": dict[int, Tensor],
                "gradients": list[Tensor | None],
            }
        ]
    ],
    "backward": list[Tensor | None],
}
"""The answer to each method of submission.Submission."""

CONSTRUCTED: Answer = {
    "shapes": dict[str, list[int]],
    "parameters": dict[str, Tensor],
    "learns": dict[str, bool],
    "buffers": dict[str, Tensor],
}
"""What comes of each module that was constructed along with a request."""

ERROR: Answer = {"kind": str, "message": TEXT, "traceback": str}


def fits(value: Any, answer: Answer) -> bool:
    """Whether `value` has the type that `answer` describes, all the way down."""
    if isinstance(answer, type):
        return answer is object or type(value) is answer
    if answer is TEXT:
        return _is_text(value)
    if type(answer) is dict:
        if type(value) is not dict or value.keys() != answer.keys():
            return False
        pairs = [(value[key], kind) for key, kind in answer.items()]
        return all([type(part) is kind or fits(part, kind) for part, kind in pairs])
    if type(answer) is list:
        return type(value) is list and all([fits(part, answer[0]) for part in value])
    kinds = answer.__args__
    if answer.__origin__ is list:
        return type(value) is list and _all_fit(value, kinds[0])
    return type(value) is dict and _all_fit(value, kinds[0]) and _all_fit(value.values(), kinds[1])


def _is_text(value: Any) -> bool:
    if type(value) is not dict:
        return type(value) is str
    texts = all(type(name) is str and _is_text(part) for name, part in value.items())
    return texts and type(value.get("")) is str


def _all_fit(values: Iterable[Any], answer: Answer) -> bool:
    """Whether every one of them fits; types are compared all at once."""
    if type(answer) is GenericAlias:
        return all([fits(value, answer) for value in values])
    types = answer.__args__ if type(answer) is UnionType else (answer,)
    return {*map(type, values)} <= {*types}


def of_notebook(loaded: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Cut what a worker says of a notebook to what one of ours would: of `names`, and briefly."""
    defined, uses, near = loaded["defined"], loaded["uses"], loaded["near"]
    lines = {key: loaded[key][:MOST_LINES] for key in ("notes", "tried", "left_out")}
    return loaded | {
        "unreadable": text(loaded["unreadable"]),
        "instead": text(loaded["instead"]),
        "near": {name: near[name][:MOST_LETTERS] for name in names if name in near},
        "defined": {name: defined[name] for name in names if name in defined},
        "uses": {name: uses[name][:MOST_LINES] for name in names if name in uses},
        "code": dict(_code(loaded["code"], {*names})),
        "chosen": loaded["chosen"][:MOST_PLACES],
        "problems": [
            (text(problem["headline"]), problem["traceback"][:MOST_LETTERS])
            for problem in loaded["problems"][:MOST_LINES]
        ],
        **{key: [text(line) for line in said] for key, said in lines.items()},
    }


def _code(claimed: Iterable[dict[str, Any]], names: set[str]) -> Iterator[tuple[str, Code]]:
    """Yield the definitions of `names`, at places that a notebook may have."""
    for one in claimed:
        name, cell, line = one["name"], one["cell"], one["line"]
        if name in names and 0 < cell < MOST_PLACES and 0 < line < MOST_PLACES:
            yield name, Code(name, cell, line, one["text"][:MOST_CODE])


def text(value: Any, most: int = MOST_LETTERS) -> Text:
    """Return what a worker says, of at most so many letters; see guest/saying.py.

    It may claim any template. Each name in one is filled in once, so that a text is no longer than
    what was sent, and a template that no catalogue has is said as it is.
    """
    value = wired(value) if isinstance(value, Saying) else value
    if not isinstance(value, dict):
        return str(value)[:most]
    names = FIELD.findall(value[""])
    if len({*names}) < len(names):
        return str(value[""])[:most]
    message = Message(
        value[""], **{name: text(value[name], most) for name in names if name in value}
    )
    return message if len(str(message)) <= most else str(message)[:most]
