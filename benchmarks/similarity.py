"""Precision and recall of `grader similarity` on disguised copies, and its speed.

Eight notebooks of tests/submissions/attention/right share no code with one another (the other ones
are variations of these). One disguised copy at a time joins them. `python benchmarks/similarity.py`
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.disguise import DISGUISES, disguise
from grader.similarity import similarity
from tests import classroom

SEEDS = 3
STYLES = (
    "plain", "additive_mask", "chunk", "einsum", "helper_modules", "korean", "loop_over_heads",
    "softmax_by_hand",
)  # fmt: skip
MANY = 500
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
        documents, unread = similarity.documents(files, [], SKELETON.read_bytes())
        assert not unread, unread
        seconds = speed(Path(folder), [path for _, path in files])
    by_name = {document.student: document for document in documents}
    originals = [by_name[name] for name in names]
    reported, most = len(similarity.compare(originals)), max(shares(originals))
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
                pairs = similarity.compare([*originals, copy])
                hits = [{p.one.student, p.other.student} == {name, copy.student} for p in pairs]
                count, found, first = count + 1, found + any(hits), first + (hits[:1] == [True])
                wrong += len(hits) - sum(hits)
        span = f"{min(shared):.0%} to {max(shared):.0%}"
        print(f"| {kind} | {count} | {found} | {first} | {wrong} | {span} |")
    print(f"{MANY} notebooks: {seconds:.1f} s")


def shares(documents: list[similarity.Document], pair: set[str] | None = None) -> list[float]:
    """Return the scores of all pairs, or of one, however low they are."""
    everything = similarity.compare(documents, least=0)
    return [p.score for p in everything if pair in (None, {p.one.student, p.other.student})]


def write(folder: Path, name: str, source: str) -> Path:
    path = folder / f"{abs(hash(name))}.ipynb"
    path.write_bytes(classroom.notebook(source))
    return path


def speed(folder: Path, paths: list[Path]) -> float:
    """Return the seconds that MANY notebooks take, from their files to the page."""
    start = time.monotonic()
    files = [(f"student{n}", paths[n % len(paths)]) for n in range(MANY)]
    documents, unread = similarity.documents(files, [], SKELETON.read_bytes())
    similarity.page("speed", documents, similarity.compare(documents), unread)
    return time.monotonic() - start


if __name__ == "__main__":
    main()
