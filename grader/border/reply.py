"""What a worker may answer to each request; it runs a student's code and may answer anything."""

from types import UnionType
from typing import Any

from torch import Tensor

Answer = Any  # a type such as dict[str, Tensor], or a dict that names the type of every key

ANSWERS: dict[str, Answer] = {
    "load": {
        "unreadable": str,
        "defined": dict[str, str],
        "notes": list[str],
        "problems": list[str],
        "dynamic": bool,
        "uses": dict[str, list[str]],
    },
    "outline": {"unreadable": str, "code": Tensor, "tokens": Tensor, "lines": Tensor},
    "using": type(None),
    "construct": {
        "id": int,
        "parameters": dict[str, Tensor],
        "learns": dict[str, bool],
        "buffers": dict[str, Tensor],
    },
    "call": {
        "id": int,
        "result": object,
        "differentiable": list[bool],
        "changed": dict[int, Tensor],
    },
    "backward": list[Tensor | None],
}
"""The answer to each method of worker.Submission."""

ERROR: Answer = {"kind": str, "message": str, "traceback": str}


def fits(value: Any, answer: Answer) -> bool:
    """Whether `value` has the type that `answer` describes, all the way down."""
    if isinstance(answer, type):
        return answer is object or type(value) is answer
    if type(answer) is dict:
        keys = type(value) is dict and value.keys() == answer.keys()
        return keys and all([fits(value[key], kind) for key, kind in answer.items()])
    if type(answer) is UnionType:
        return any([fits(value, kind) for kind in answer.__args__])
    kinds = answer.__args__
    if answer.__origin__ is list:
        return type(value) is list and all([fits(item, kinds[0]) for item in value])
    return type(value) is dict and all(
        [fits(key, kinds[0]) and fits(item, kinds[1]) for key, item in value.items()]
    )
