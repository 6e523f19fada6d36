"""Copies are found through their disguises, nobody else is, and a person gets to read why."""

import ast
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.disguise import DISGUISES, disguise
from grader.cli.main import main
from grader.similarity.document import Document, documents
from grader.similarity.fingerprint import Fingerprints
from grader.similarity.pair import Pair, compare
from grader.similarity.similarity import FEW, page
from tests import classroom
from tests.support import walls

pytestmark = walls.ON_LINUX

STYLES = (
    "plain", "additive_mask", "chunk", "einsum", "helper_modules", "korean", "loop_over_heads",
    "softmax_by_hand",
)  # fmt: skip
COPIED = "chunk"
SKELETON = Path(__file__).parents[2] / "assignments" / "attention.ipynb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Hold one notebook for each style, a copy in each disguise, and what is no notebook."""
    folder = tmp_path_factory.mktemp("similarity")
    for style in STYLES:
        source = classroom.script_of(f"right/{style}")
        (folder / f"{style}.ipynb").write_bytes(classroom.notebook(source))
    source = classroom.script_of(f"right/{COPIED}")
    for kind in DISGUISES:
        name = f"copy {kind}.ipynb"
        (folder / name).write_bytes(classroom.notebook(disguise(source, kind, seed=7)))
    (folder / "broken.ipynb").write_bytes(b"%PDF-1.4")
    return folder


@pytest.fixture(scope="module")
def class_(folder) -> dict[str, Document]:
    files = [(path.stem, path) for path in sorted(folder.iterdir())]
    found, unread = documents(files, [], SKELETON.read_bytes())
    assert [student for student, _ in unread] == ["broken"] and "PDF" in f"{unread[0][1]}"
    return {document.student: document for document in found}


def test_who_writes_alone_is_not_reported(class_):
    assert compare([class_[style] for style in STYLES]) == []


@pytest.mark.parametrize("kind", [kind for kind in DISGUISES if kind != "all of them"])
def test_a_copy_is_found_through_its_disguise_and_ranks_first(class_, kind):
    first, *_ = compare([*(class_[style] for style in STYLES), class_[f"copy {kind}"]])
    assert {first.one.student, first.other.student} == {COPIED, f"copy {kind}"}


@pytest.mark.parametrize("kind", DISGUISES)
def test_a_disguise_changes_the_text_and_leaves_python(kind):
    source = classroom.script_of(f"right/{COPIED}")
    disguised = disguise(source, kind, seed=7)
    ast.parse(disguised)
    assert disguised != ast.unparse(ast.parse(source))


def test_what_the_skeleton_holds_is_nobodys(folder):
    files = [("one", SKELETON), ("other", SKELETON)]
    found, _ = documents(files, [], SKELETON.read_bytes())
    assert compare(found) == [] and not found[0].prints.lines


def test_an_archive_is_compared_with_this_year_and_not_with_itself(folder):
    chunk, other = folder / f"{COPIED}.ipynb", folder / "copy renamed.ipynb"
    archive = [("old", chunk), ("older", chunk)]
    found, _ = documents([("new", other)], archive, SKELETON.read_bytes())
    pairs = compare(found)
    names = [{p.one.student, p.other.student} for p in pairs]
    assert len(pairs) == 2 and all("new" in pair for pair in names)


def test_the_lines_in_common_are_marked_on_both_sides(class_):
    (pair, *_) = compare([*(class_[style] for style in STYLES), class_["copy renamed"]])
    for document, lines in pair.sides():
        marked = [text for _, text, both in lines if both]
        assert len(lines) == len(document.code.split("\n"))
        assert any("chunk" in text for text in marked)
        assert not any(text.startswith("import ") for text in marked)


def test_the_order_of_the_files_changes_nothing(class_):
    def found(documents: list[Document]) -> list[tuple[float, set[str]]]:
        return [(p.score, {p.one.student, p.other.student}) for p in compare(documents)]

    forward, backward = (found([*class_.values()][::step]) for step in (1, -1))
    assert len(forward) > 5 and all(pair in backward for pair in forward)
    assert len(forward) == len(backward)


def test_nothing_a_student_writes_is_markup():
    attack = "x = '</pre><script>alert(1)</script>'"
    documents = [Document(f"<q>{n}", attack, Fingerprints({1: {1}})) for n in "ab"]
    found = page("<i>", documents, [Pair(*documents, 1.0, 9)], [("<u>", "<s>")])
    assert not any(tag in found for tag in ("<script>alert", "<q>", "<i>", "<u>", "<s>"))


def test_the_command_ranks_a_zip_of_the_class_and_says_where_the_pairs_are(folder, tmp_path):
    out, zipped = tmp_path / "out", shutil.make_archive(str(tmp_path / "class"), "zip", folder)
    result = CliRunner().invoke(main, ["similarity", zipped, "-a", "attention", "-o", str(out)])
    assert result.exit_code == 3, result.output
    assert "not compared: broken: " in result.output and "PDF" in result.output
    assert "14 notebooks compared" in result.output
    assert (out / "similarity.csv").read_text().startswith("score,shared,one,other\n1.000,")
    assert "copy" in (out / "similarity.html").read_text()


def test_a_large_group_is_folded_and_shown_by_the_pairs_that_connect_it():
    members = [
        Document(f"s{n:02}", "", Fingerprints({h: {1} for h in range(9)})) for n in range(40)
    ]
    found = page("x", members, compare(members), [])
    assert len(members) > FEW and "s00, s01, s02 and 37 more</summary>" in found
    assert found.count('<tr><th scope="row">') == 39 and "similarity.csv has all 780" in found
