"""Feed the trusted side with what no student would think of, and count what it throws.

    python -m tests.fuzz [FRAMES [REPLIES [NOTEBOOKS]]]

frames      bytes made from valid frames by cutting, doubling, swapping and inserting, read by the
            judge's end of a socket
replies     the worker's own answers, half of them with other values in them, see support/forger.py
notebooks   the messy hand-ins and their code, changed in the same ways, graded

Everything follows from a number, the case, which is printed with what was thrown.
"""

import json
import multiprocessing
import os
import random
import socket
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import torch

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.judging.judge import judge
from grader.sandbox.guest import layout, wire
from grader.sandbox.host import reply
from grader.sandbox.host.zygote import Zygote
from tests.support import messy, odd_code, odd_files
from tests.support.small_course import RIGHT, write

COUNTS = {"frames": 100_000, "replies": 2_000, "notebooks": 20_000}
MOST_BYTES = 20_000
TOKENS = (
    *rb"""
    "cells" "source" "cell_type":"code" [ ] { } , " \\ null NaN -1 1e999 \ud800 \u0000 # @ = ( ) :
    async await return yield lambda: exec( eval( del global class raise def import torch torch.
    double halve self None while if else: try: with <<<<<<< %%bash ! ? %time
    """.split(),
    *(
        b"\n",
        b"    ",
        b"\t",
        b"'''",
        b"\n# %%\n",
        b"9" * 400,
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    ),
)
FORGER = Path(__file__).parent / "support" / "forger.py"


@cache
def seeds() -> list[bytes]:
    """Return the messy hand-ins that are files, and not large."""
    contents = []
    with tempfile.TemporaryDirectory() as folder:
        for number, hand_in in enumerate(messy.hand_ins()):
            path = Path(folder) / str(number)
            hand_in.place(path)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES:
                contents.append(path.read_bytes())
    return contents


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Change some bytes, in one to four places."""
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        before, after, piece = data[:place], data[place:], chance.choice(others)
        begin, size = chance.randrange(len(piece) + 1), chance.randrange(1, 80)
        match chance.randrange(7):
            case 0:
                data = before + bytes([chance.randrange(256)]) + after[1:]
            case 1:
                data = before + after[size:]
            case 2:
                data = before + after[:size] + after
            case 3:
                data = before + piece[begin : begin + size] + after
            case 4 | 5:
                data = before + chance.choice(TOKENS) + after
            case _:
                data = before if chance.random() < 0.1 else data
    return data[:MOST_BYTES]


def a_notebook(case: int) -> bytes:
    """Make a notebook, or what is left of one: bytes of the file change, or its code alone."""
    chance = random.Random(f"notebook {case}")
    if chance.random() < 0.3:
        return mutated(chance.choice(seeds()), seeds(), chance)
    pieces = [source.encode() for odd in odd_code.notebooks() for source in odd.cells]
    cells = chance.choice([odd.cells for odd in odd_code.notebooks()])
    changed = [mutated(cell.encode(), pieces, chance).decode(errors="replace") for cell in cells]
    return json.dumps(odd_files.notebook(*map(odd_files.code, changed))).encode()


def a_reply(case: int) -> bytes:
    """Make a right notebook whose worker answers oddly."""
    source = f"{RIGHT}\nCASE = {case}\n{FORGER.read_text()}"
    return json.dumps(odd_files.notebook(odd_files.code(source))).encode()


@cache
def frames() -> list[bytes]:
    """Return what honest workers send, and such dtypes and shapes as they might."""
    tensors = [torch.ones(3, dtype=dtype) for dtype in layout.DTYPES]
    one = {
        "id": 0,
        "result": (torch.ones(2, 3), None),
        "differentiable": [True],
        "changed": {},
        "gradients": [],
    }
    ones = {"a.w": torch.ones(2)}
    made = {"shapes": {"a.w": [2]}, "parameters": ones, "learns": {"a.w": True}, "buffers": {}}
    error = {"kind": "ValueError", "message": "x", "traceback": "y"}
    some = ([[one, one]], tensors, None, (1, (2.5,)))
    answers = [{"number": 3, "constructed": [made], "ok": answer} for answer in some]
    return [_sent(answer) for answer in (*answers, {"number": 2, "error": error}, {"layers": []})]


def _sent(value: object) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, value)
        return theirs.recv(1 << 16)


def read_frame(case: int) -> str:
    """Have one odd frame read, as the judge would. Returns what came of it."""
    chance = random.Random(f"frame {case}")
    data = mutated(chance.choice(frames()), frames(), chance)
    if chance.random() < 0.8:  # lengths that are true, so that what follows is looked at
        header = chance.randrange(len(data[wire.PREFIX.size :]) + 1)
        body = max(0, len(data) - wire.PREFIX.size - header)
        data = wire.PREFIX.pack(wire.MAGIC, header, body) + data[wire.PREFIX.size :]
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.send(data)
        try:
            value = wire.receive(ours)
        except wire.WireError:
            return "refused"
    for answer in reply.ANSWERS.values():
        reply.fits(value, {"number": int, "ok": answer})
    return "read"


def graded(cases: Iterable[int], make: Callable[[int], bytes]) -> Counter[str]:
    """Have files judged in this process; return how they ended, and what was thrown."""
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course, assignment = write(folder / "course")

        def work(session: Session) -> None:
            with Zygote() as zygote:
                for case in cases:
                    path = folder / "fuzz_attention.ipynb"
                    path.write_bytes(make(case))
                    try:
                        found = judge(path, session, zygote, b"a key")
                    except Exception:
                        ends[f"THROWN, {make.__name__} {case}: {traceback.format_exc()}"] += 1
                        continue
                    for result in found.results:
                        if found.faulty and result.detail:
                            ends[f"THROWN, {make.__name__} {case}: {result.detail}"] += 1
                    score = f"{found.earned} of {found.max_score} points"
                    ends["refused" if found.problem else score] += 1

        run_session(Assignment.read(course.solution(assignment)), course.checks(assignment), work)
    return ends


def read(cases: Iterable[int]) -> Counter[str]:
    """Have frames read; return how they ended, and what was thrown."""
    ends: Counter[str] = Counter()
    for case in cases:
        try:
            ends[read_frame(case)] += 1
        except Exception:
            ends[f"THROWN, frame {case}: {traceback.format_exc()}"] += 1
    return ends


def fuzz(kind: str, cases: Iterable[int]) -> Counter[str]:
    """Run cases of a kind of COUNTS."""
    torch.set_num_threads(1)
    if kind == "frames":
        return read(cases)
    return graded(cases, a_notebook if kind == "notebooks" else a_reply)


def main() -> int:
    """Fuzz on all cores; print how the cases ended."""
    counts = dict(zip(COUNTS, map(int, sys.argv[1:]), strict=False))
    cores, thrown = len(os.sched_getaffinity(0)), 0
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        for kind, most in (COUNTS | counts).items():
            shares = [(kind, range(core, most, cores)) for core in range(cores)]
            ends = sum(pool.starmap(fuzz, shares), Counter[str]())
            thrown += sum(count for end, count in ends.items() if end.startswith("THROWN"))
            print(f"{most:,} {kind}:", *(f"\n    {n:7,} {end}" for end, n in ends.most_common()))
    print(f"{thrown} exceptions in the trusted process")
    return 1 if thrown else 0


if __name__ == "__main__":
    sys.exit(main())
