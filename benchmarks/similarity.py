"""Precision and recall of `grader similarity` on disguised copies, and its speed in a large class.

Eight notebooks of tests/submissions/attention/right share no code with one another (the other ones
are variations of these). One disguised copy at a time joins them. Then four of them leak to 5, 50,
250 and 1,000 of a class of 2,000, each of whom renames what may be renamed; the others hand in
random expressions, and a few of the functions of the other four notebooks.

    python benchmarks/similarity.py
"""

import ast
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.disguise import DISGUISES, disguise
from grader.similarity.document import Document, documents
from grader.similarity.group import groups
from grader.similarity.pair import compare
from grader.similarity.similarity import page
from tests import classroom

SEEDS = 3
STYLES = (
    "plain", "additive_mask", "chunk", "einsum", "helper_modules", "korean", "loop_over_heads",
    "softmax_by_hand",
)  # fmt: skip
RINGS = {"plain": 5, "chunk": 50, "einsum": 250, "softmax_by_hand": 1_000}
"""How many have copied which notebook."""
MANY = 2_000
SKELETON = Path(__file__).parents[1] / "assignments" / "attention.ipynb"


def main() -> None:
    names = [f"right/{style}" for style in STYLES]
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name in names:
            source = classroom.script_of(name)
            files.append((name, write(Path(folder), name, source)))
            for kind in DISGUISES:
                for seed in range(SEEDS):
                    path = write(Path(folder), f"{name}{kind}{seed}", disguise(source, kind, seed))
                    files.append((f"{name} | {kind} | {seed}", path))
        found, unread = documents(files, [], SKELETON.read_bytes())
        assert not unread, unread
        leak(Path(folder))
    by_name = {document.student: document for document in found}
    originals = [by_name[name] for name in names]
    reported, most = len(compare(originals)), max(shares(originals))
    print(
        f"{len(names)} independent notebooks: {reported} pairs reported, {most:.0%} at most shared"
    )
    print("| disguise | copies | reported | first | others reported | shared with the original |")
    print("|---|---|---|---|---|---|")
    for kind in DISGUISES:
        found = first = wrong = count = 0
        shared: list[float] = []
        for name in names:
            for seed in range(SEEDS):
                copy = by_name[f"{name} | {kind} | {seed}"]
                shared += shares([*originals, copy], {name, copy.student})
                pairs = compare([*originals, copy])
                hits = [{p.one.student, p.other.student} == {name, copy.student} for p in pairs]
                count, found, first = count + 1, found + any(hits), first + (hits[:1] == [True])
                wrong += len(hits) - sum(hits)
        span = f"{min(shared):.0%} to {max(shared):.0%}"
        print(f"| {kind} | {count} | {found} | {first} | {wrong} | {span} |")


def shares(documents: list[Document], pair: set[str] | None = None) -> list[float]:
    """Return the scores of all pairs, or of one, however low they are."""
    everything = compare(documents, least=0)
    return [p.score for p in everything if pair in (None, {p.one.student, p.other.student})]


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / f"{abs(hash(name))}.ipynb"
    path.write_bytes(classroom.notebook(source))
    return path


def leak(folder: Path) -> None:
    """Print how long a class with rings takes, from the files to the page, and what is found."""
    chance = random.Random(0)
    sources = [
        (f"{style} {n}", disguise(classroom.script_of(f"right/{style}"), "renamed", n))
        for style, size in RINGS.items()
        for n in range(size)
    ]
    common = [
        ast.unparse(node)
        for style in STYLES
        if style not in RINGS
        for node in ast.walk(ast.parse(classroom.script_of(f"right/{style}")))
        if isinstance(node, ast.FunctionDef)
    ]
    sources += [
        (f"alone {n}", "\n".join([program(chance), *chance.sample(common, 3)]))
        for n in range(MANY - len(sources))
    ]
    files = [(name, write(folder, name, source)) for name, source in sources]
    chance.shuffle(files)
    start = time.monotonic()
    found, unread = documents(files, [], SKELETON.read_bytes())
    pairs = compare(found)
    page("rings", found, pairs, unread)
    seconds = time.monotonic() - start
    rings = [sorted(f"{style} {n}" for n in range(size)) for style, size in RINGS.items()]
    assert len({name for name, _ in files}) == MANY
    seen = [group.students for group in groups(pairs)]
    print(
        f"{MANY} notebooks: {seconds:.1f} s; of the rings of {[*RINGS.values()]} found "
        f"{sum(ring in seen for ring in rings)}; {len(seen) - len(rings)} other groups"
    )


def program(chance: random.Random) -> str:
    """Return functions of random expressions, as long as an answer to the assignment."""
    calls = ["softmax", "matmul", "transpose", "exp", "sum", "mean", "reshape", "sqrt", "clamp"]

    def value(depth: int) -> str:
        kind = chance.random()
        if depth == 0 or kind < 0.2:
            return chance.choice(["x", "y", "z", "0.5", "2"])
        if kind < 0.5:
            return f"({value(depth - 1)} {chance.choice('+-*/@')} {value(depth - 1)})"
        if kind < 0.8:
            return f"torch.{chance.choice(calls)}({value(depth - 1)}, {value(depth - 1)})"
        return f"{chance.choice('xyz')}[{value(1)}:, {chance.choice(['None', '...', '0'])}]"

    lines = ["import torch"]
    for n in range(6):
        lines.append(f"def f{n}(x, y, z):")
        lines += [f"    {chance.choice('xyz')} = {value(3)}" for _ in range(6)]
        lines.append(f"    return {value(2)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
