"""What is no notebook of this assignment goes to a person, with what it is and what to do."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model.language import speaker
from grader.model.standing import Standing
from grader.report.outcome import for_a_person
from grader.sandbox.guest.notebook.instead import instead, near
from grader.sandbox.guest.notebook.markdown import cells
from tests.support.small_course import CHECKS, RIGHT, SKELETON, grade, notebook

MARIMO = """\
import marimo
app = marimo.App()
@app.function
def double(x):
    return 2 * x
@app.cell
def _():
    def halve(x):
        return x / 2
    return (halve,)
"""


def of_kernel(source: str, **metadata: object) -> bytes:
    return json.dumps(json.loads(notebook(source)) | {"metadata": metadata}).encode()


NO_NOTEBOOKS = {
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n", "git lfs push"),
    "link": (b"https://colab.research.google.com/drive/1AbCd\n", "holds only a link"),
    "titled link": (b"# My work\nhttps://colab.research.google.com/drive/1A\n", "only a link"),
    "shortcut": (b"[InternetShortcut]\r\nURL=https://colab.research.google.com/\r\n", "shortcut"),
    "launcher": (b"[Desktop Entry]\nType=Link\nURL=https://drive.google.com/x\n", "shortcut"),
    "Drive": (b'{"url": "https://drive.google.com/open?id=1", "doc_id": "1"}', "it has no cells"),
    "R": (
        of_kernel("double <- function(x) { 2 * x }", language_info={"name": "R"}),
        "for R: submit",
    ),
    "Julia": (of_kernel("double(x) = 2x", kernelspec={"name": "julia-1.10"}), "for julia"),
    "marimo": (MARIMO.encode(), "Download as ipynb"),
    "letter": (b"Dear Sir or Madam,\n\nmy laptop has been stolen.\n", "text without any Python"),
    "R in Markdown": (b"# HW\n\n```{r}\ndouble <- 2\n```\n", "text without any Python"),
    "written": (notebook(f"%%writefile hw.py\n{RIGHT}"), "stands in text, or below %%writefile"),
    "of another process": (notebook(f"%%python\n{RIGHT}"), "stands in text, or below %%writefile"),
    "indented": (b"My work:\n\n    def double(x): return 2 * x\n", "stands in text, or below"),
    "another": (
        b"class LSTM: pass\ndef train(): pass\n",
        "(`double`, `halve`). Is it the one of an",
    ),
    "renamed": (
        b"def Double(x): return 2 * x\ndef halfe(x): return x\n",
        "You define `Double`, `halfe`",
    ),
    "skeleton": (SKELETON.encode(), "as it was handed out"),
}
NOTEBOOKS = {
    "another kernel's name": of_kernel(RIGHT, kernelspec={"name": "ir", "language": "R"}),
    "jupytext": f"---\njupyter: {{}}\n---\n\nIt's easy.\n\n```python\n{RIGHT}```\n".encode(),
    "MyST": f"# HW\n\n```{{code-cell}} ipython3\n:tags: [x]\n\n{RIGHT}```\n".encode(),
    "Quarto": f"---\ntitle: hw\n---\n\n~~~{{python}}\n#| label: a\n{RIGHT}~~~\n".encode(),
    "a docstring with a fence": f'"""\n```python\nx\n```\n"""\n{RIGHT}'.encode(),
    "a link in a comment": b"# https://colab.research.google.com/drive/1A\n" + RIGHT.encode(),
    "made at run time": b"exec('def double(x): return 2 * x')\ndef halve(x): return x / 2",
}  # fmt: skip
ONE_LETTER = "import torch\ndef duoble(x): return 2 * x\ndef halve(x): return x / 2\n"
FAILS = "def double(x=1 / 0): return x\ndef halve(x=1 / 0): return x\n"


@pytest.fixture(scope="module")
def judgements(zygote, tmp_path_factory):
    data = [*(data for data, _ in NO_NOTEBOOKS.values()), *NOTEBOOKS.values(), ONE_LETTER, FAILS]
    found = grade(zygote, tmp_path_factory.mktemp("instead"), CHECKS, *data)
    return dict(zip([*NO_NOTEBOOKS, *NOTEBOOKS, "one letter", "fails"], found, strict=True))


def look(judgement):
    """Return whether a person must look at what was handed in."""
    return for_a_person(Standing("kim", "kim.ipynb", judgement))


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_it_goes_to_a_person_with_the_reason_and_what_to_do(judgements, name):
    judgement = judgements[name]
    assert look(judgement) and judgement.earned == 0
    assert NO_NOTEBOOKS[name][1] in f"{judgement.problem}"
    assert re.search("[sS]ubmit", f"{judgement.problem}")
    assert re.search("[가-힣]{2}", speaker("ko")(judgement.problem))


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_defines_the_names_is_graded_whatever_it_is(judgements, name):
    judgement = judgements[name]
    assert not look(judgement) and judgement.earned == judgement.max_score, judgement


def test_a_close_name_is_named_and_costs_only_its_question(judgements):
    judgement = judgements["one letter"]
    said = "`double` is not defined: you define `duoble`, and the question asks for `double`"
    assert judgement.earned == 3 and not look(judgement)
    (result,) = (result for result in judgement.of("double") if said in f"{result.message}")
    korean = speaker("ko")(result.message)
    assert "`duoble`" in korean and "정의" in korean


def test_a_definition_that_fails_is_the_students_error(judgements):
    assert not look(judgements["fails"]) and judgements["fails"].earned == 0


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ("MultiHeadAttention", "MultiheadAttention"),
        ("split_heads", "splitHeads"),
        ("double", "doubl"),
        ("double", "ddouble"),
        ("double", "duoble"),
        ("double", "bouble"),
        ("double", "doublo"),
    ],
)
def test_names_that_differ_by_a_letter_are_near(asked, own):
    assert near([asked], ["other", own]) == {asked: own}


@pytest.mark.parametrize(
    ("asked", "own"),
    [("double", "treble"), ("fit", "bit"), ("double", "doub"), ("double", "double")],
)
def test_other_names_are_not(asked, own):
    assert near([asked], [own]) == {}


def test_a_name_that_is_asked_for_is_nobody_elses_mistake():
    assert near(["head1", "head2"], ["head1"]) == {}


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace")))
def test_nothing_that_is_handed_in_is_too_odd_to_be_told(data):
    assert isinstance(instead(data, ["double"], [], python=True, bound=False), str)


def test_fences_of_other_languages_are_no_cells():
    text = "```bash\nls\n```\n```python\na = 1\n```\n    ```python\n    b\n    ```\n"
    text += "```{python}\nc\n```\n"
    assert list(cells(text)) == ["a = 1\n", "c\n"]
