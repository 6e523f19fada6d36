"""A Judgement as JSON and back: what comes from another machine is read, and never unpickled."""

import json
from dataclasses import asdict
from typing import Any

from ..model import message
from ..model.code import Code
from ..model.guidance import read as read_guidance
from ..model.judgement import Judgement
from ..model.picture import read as read_picture
from ..model.result import Result, Status


def pack(judgement: Judgement) -> bytes:
    """Return a Judgement as JSON, in ASCII: any text in it survives."""
    return json.dumps(asdict(judgement)).encode()


def unpack(data: bytes) -> Judgement:
    """Return the Judgement that was packed."""
    said = tuples(json.loads(data))
    said["results"] = tuple(map(_result, said["results"]))
    return Judgement(**said)


def pack_results(results: tuple[Result, ...]) -> bytes:
    """Return results as JSON."""
    return json.dumps([asdict(result) for result in results]).encode()


def unpack_results(data: bytes) -> tuple[Result, ...]:
    """Return the results that were packed."""
    return tuple(map(_result, json.loads(data)))


def _result(fields: dict[str, Any]) -> Result:
    return Result(**{**tuples(fields), "status": Status(fields["status"])})


def tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields from JSON, which has lists for tuples, and dicts for what is of ours."""
    if "picture" in fields:
        fields = {**fields, "picture": read_picture(fields["picture"])}
    if fields.get("guidance"):
        fields = {**fields, "guidance": read_guidance(fields["guidance"])}
    if "code" in fields:
        fields = {**fields, "code": tuple(Code(**code) for code in fields["code"])}
    return {name: _value(value) for name, value in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_value, value))
    return message.read(value) if isinstance(value, dict) and "template" in value else value
