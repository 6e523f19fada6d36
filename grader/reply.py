"""What a worker may answer to each request; it runs a student's code and may answer anything."""

from types import UnionType
from typing import Any, get_args, get_origin

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
    if isinstance(answer, dict):
        keys = isinstance(value, dict) and value.keys() == answer.keys()
        return keys and all(fits(value[key], kind) for key, kind in answer.items())
    if isinstance(answer, UnionType):
        return any(fits(value, kind) for kind in get_args(answer))
    origin: Any = get_origin(answer)
    inner = get_args(answer)
    if origin is list:
        return isinstance(value, list) and all(fits(v, inner[0]) for v in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(k, inner[0]) and fits(v, inner[1]) for k, v in value.items()
        )
    return answer is object or (type(value) is answer)
