"""Reading what authors write, and refusing what they got wrong with file, line and remedy."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.cell import without_solution
from grader.course.settings import AssignmentError
from grader.model.limits import Limits

ATTENTION = Path(__file__).parents[2] / "solutions" / "attention.py"

GOOD = '''\
# /// script
# dependencies = ["torch"]
#
# [tool.grader]
# title = "Doubling"
# forbid = ["torch.mul"]
# limits = {seconds = 3, memory_mb = 512}
# ///

# %% [markdown]
# ## Doubling
#
# Double $x$.

# %% question="double"
def double(x):
    """Return 2x."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION


# %% tags=["check"]
def test_three_becomes_six(student):
    """Three becomes six."""
    assert student.double(3) == 6


# %%
# %matplotlib inline
print(double(2))
'''


def read(folder: Path, text: str) -> Assignment:
    path = folder / "doubling.py"
    path.write_text(text)
    return Assignment.read(path)


def test_settings_questions_and_cells_are_read(tmp_path):
    assignment = read(tmp_path, GOOD)
    assert (assignment.name, assignment.title) == ("doubling", "Doubling")
    assert assignment.questions == ("double",)
    assert assignment.forbid == {"double": ("torch.mul",)}
    assert assignment.limits == Limits(seconds=3, memory_mb=512)
    text, question, check, plot = assignment.cells
    assert (text.kind, text.source) == ("markdown", "## Doubling\n\nDouble $x$.")
    assert (question.kind, question.question, question.is_check) == ("code", "double", False)
    assert (check.checks, check.is_check, check.tags) == (
        ("test_three_becomes_six",),
        True,
        ("check",),
    )
    assert plot.source == "%matplotlib inline\nprint(double(2))"


def test_every_setting_has_a_default(tmp_path):
    lines = [line for line in GOOD.splitlines() if " = " not in line]
    assignment = read(tmp_path, "\n".join(lines))
    assert (assignment.title, assignment.forbid) == ("doubling", {"double": ()})
    assert assignment.limits == Limits(seconds=10.0, memory_mb=2048)
    assert assignment.visibility == {}


def test_one_level_holds_for_all_hidden_checks(tmp_path):
    text = GOOD.replace("# limits", '# visibility = "hidden"\n# limits')
    assert read(tmp_path, text).visibility == {"*": "hidden"}


def test_a_question_may_have_seconds_of_its_own(tmp_path):
    limits = read(tmp_path, GOOD.replace("= 3,", '= {double = 9, "*" = 2},')).limits
    assert limits == Limits(seconds=2, memory_mb=512, questions={"double": 9})
    limits = read(tmp_path, GOOD.replace("= 3,", "= {double = 9},")).limits
    assert limits.seconds == Limits().seconds and limits.of("double") == 9


def test_a_cell_of_checks_is_about_the_question_above_or_the_one_that_it_names(tmp_path):
    check = '# %% tags=["check"]{}\ndef test_{}(student):\n    """It holds."""\n'
    body = "    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n"
    halve = f'# %% question="halve"\ndef halve(x):\n{body}'
    more = [halve, check.format("", "half"), check.format(' question="double"', "both")]
    assignment = read(tmp_path, GOOD + "\n".join(more))
    assert assignment.questions == ("double", "halve")
    assert assignment.public == {
        "test_three_becomes_six": "double", "test_half": "halve", "test_both": "double",
    }  # fmt: skip
    machinery = "".join(skeleton(assignment)["cells"][1]["source"])
    table = ast.literal_eval(re.search(r"(?s)QUESTIONS = (\{.*?\n\})", machinery)[1])
    assert table == {"double": ["test_three_becomes_six", "test_both"], "halve": ["test_half"]}


def test_a_cell_knows_its_line_in_the_file(tmp_path):
    lines = GOOD.splitlines()
    for cell in read(tmp_path, GOOD).cells:
        assert lines[cell.line - 1].startswith("# %%")
        if cell.kind == "code":
            assert cell.source.split("\n")[-1] == lines[cell.line + cell.source.count("\n")]


def test_a_file_that_jupyter_saved_reads_the_same(tmp_path):
    """Jupytext puts its own header on top and makes the settings block a cell."""
    header = "# ---\n# jupyter:\n#   kernelspec:\n#     name: python3\n# ---\n\n# %%\n"
    plain, saved = read(tmp_path, GOOD), read(tmp_path, header + GOOD)
    assert saved.title == plain.title
    assert [cell.source for cell in saved.cells] == [cell.source for cell in plain.cells]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    plain = read(tmp_path, GOOD)
    plain.path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert Assignment.read(plain.path) == plain


def test_a_cell_mark_in_a_string_is_refused_rather_than_misread(tmp_path):
    text = GOOD.replace('"""Return 2x."""', '"""Return 2x.\n\n# %% not a cell\n    """')
    with pytest.raises(AssignmentError, match=r":17: Python cannot read this cell: unterminated"):
        read(tmp_path, text)


def test_the_model_assignment_is_what_its_contract_says():
    assignment = Assignment.read(ATTENTION)
    assert assignment.questions == (
        "ScaledDotProductAttention",
        "split_heads",
        "merge_heads",
        "MultiHeadAttention",
    )
    assert (
        "torch.nn.functional.scaled_dot_product_attention"
        in assignment.forbid["MultiHeadAttention"]
    )


def test_an_assignment_trains_where_it_makes_an_optimizer():
    assert Assignment.read(ATTENTION.with_name("lstm_mnist.py")).trains
    assert not Assignment.read(ATTENTION).trains


def test_a_solution_becomes_a_place_for_the_students_code():
    source = (
        "def f(x):\n    # BEGIN SOLUTION\n    x += 1\n\n    return x\n    # END SOLUTION\nz = 1"
    )
    expected = "def f(x):\n    # your code here\n    raise NotImplementedError\nz = 1"
    assert without_solution(source) == expected


def test_every_solution_of_a_cell_is_replaced_and_what_is_between_stays():
    region = "# BEGIN SOLUTION\n{}\n# END SOLUTION"
    source = f"{region.format('a = 1')}\nkept = 2\n{region.format('b = 3')}"
    place = "# your code here\nraise NotImplementedError"
    assert without_solution(source) == f"{place}\nkept = 2\n{place}"


def test_importing_needs_neither_torch_nor_jupytext():
    """Both cost time at start-up: torch a second, jupytext a third of one."""
    heavy = "{'torch', 'jupytext', 'nbformat'}"
    code = f"import sys, grader.course.assignment; print({heavy} & {{*sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


BEGIN, END = "    # BEGIN SOLUTION\n", "    # END SOLUTION\n"
TEST = "def test_three_becomes_six(student):\n"
MISTAKES = {
    # name: (what the good file says, what the author wrote, line, what is wrong, remedy)
    "no settings block": ("# ///\n", "", 1, "no settings block", "# /// script"),
    "no tool.grader": ("[tool.grader]", "[tool.otter]", 1, "no [tool.grader]", "Add the line"),
    "invalid toml": ('= "Doubling"', "= Doubling", 5, "cannot be read: Invalid value", "TOML"),
    "toml that ends early": ("512}", "512", 7, "cannot be read", "TOML"),
    "unknown setting": ("# title", "# titel", 5, "no setting titel", "Perhaps title is meant"),
    "unknown setting unlike any": ("title", "x", 5, "no setting x", "There are title"),
    "unknown limit": ("seconds", "second", 7, "no setting second", "Perhaps seconds is meant"),
    "title is a number": ('"Doubling"', "7", 5, "title cannot be 7", "It is a text"),
    "forbid is a text": ('["torch.mul"]', '"torch.mul"', 6, "forbid cannot be", "It is a list"),
    "forbid is no name": ('"torch.mul"', '"torch mul"', 6, "forbid cannot be", "dotted names"),
    "forbid is a star": ('"torch.mul"', '"*"', 6, "forbid cannot be", "dotted names"),
    "forbid has a star inside": ('"torch.mul"', '"torch.*.x"', 6, "forbid cannot be", "names"),
    "limits is a number": ("{seconds = 3, memory_mb = 512}", "3", 7, "limits cannot be", "a table"),
    "seconds is a text": ("= 3,", '= "3",', 7, "seconds cannot be '3'", "positive number"),
    "seconds is not finite": ("= 3,", "= inf,", 7, "seconds cannot be inf", "positive number"),
    "seconds is a truth": ("= 3,", "= true,", 7, "seconds cannot be True", "positive number"),
    "seconds of no question": ("= 3,", "= {duoble = 3},", 1, "question duoble that", "There are"),
    "seconds of a question are 0": ("= 3,", "= {double = 0},", 7, "cannot be", "each question"),
    "seconds of seconds": ("= 3,", "= {double = {a = 1}},", 7, "seconds cannot", "each question"),
    "memory is zero": ("512", "0", 7, "memory_mb cannot be 0", "positive whole number"),
    "memory is a fraction": ("512", "0.5", 7, "memory_mb cannot be 0.5", "positive whole number"),
    "visibility is no level": (
        "# limits", '# visibility = "late"\n# limits', 7, "cannot be 'late'", "after_due_date",
    ),
    "visibility of a check is no level": (
        "# limits", '# visibility = { "test_*" = "late" }\n# limits', 7, "'late'", "hidden",
    ),
    "learns is a list": ("# limits", '# learns = ["a"]\n# limits', 7, "cannot be", "sentence"),
    "hours are none": ("# limits", "# hours = 0\n# limits", 7, "hours cannot be 0", "positive"),
    "level is too high": ("# limits", "# level = 5\n# limits", 7, "level cannot be 5", "capstone"),
    "level is a text": ("# limits", '# level = "1"\n# limits', 7, "level cannot be '1'", "first"),
    "level is true": ("# limits", "# level = true\n# limits", 7, "level cannot be True", "first"),
    "builds on a text": ("# limits", '# builds_on = "rnn"\n# limits', 7, "cannot be", "list"),
    "builds on a file": (
        "# limits", '# builds_on = ["rnn.py"]\n# limits', 7, "cannot be ['rnn.py']", '["rnn"]',
    ),
    "unclosed solution": (END, "", 18, "never closed", "Put # END SOLUTION below"),
    "unopened solution": (BEGIN, "", 19, "never began", "Put # BEGIN SOLUTION above"),
    "nested solution": (BEGIN, BEGIN * 2, 19, "begins inside the one of line 18", "Close that one"),
    "mark of another tool": ("# BEGIN S", "### BEGIN S", 18, "does not mark", "Write # BEGIN"),
    "mark after code": (BEGIN, "    x = x" + BEGIN, 18, "does not mark", "on a line of its own"),
    "solution split over cells": (END, "# %%\n" + END, 18, "never closed", "in the same cell"),
    "question without solution": (
        BEGIN + "    return 2 * x\n" + END, "    return 2 * x\n", 15,
        "students would get the answer", "Put # BEGIN SOLUTION",
    ),
    "solution is half a block": (
        BEGIN, BEGIN + "    if x:\n        pass\n" + END + "    else:\n        pass\n" + BEGIN, 18,
        "not valid Python", "whole statements",
    ),
    "question not defined": (
        "def double", "def twice", 15, 'question "double" does not define it', "(it defines twice)",
    ),
    "question defined in its solution": (
        'def double(x):\n    """Return 2x."""\n' + BEGIN, "# BEGIN SOLUTION\ndef double(x):\n", 15,
        "does not define it outside its solution", "Define double there",
    ),
    "duplicate question": (
        "# %%\n", '# %% question="double"\ndouble = 1\n# BEGIN SOLUTION\n# END SOLUTION\n', 29,
        "already the name of a question or check in line 15", "another name",
    ),
    "question that checks could not ask for": (
        "# %%\n", '# %% question="names"\nnames = 1\n# BEGIN SOLUTION\n# END SOLUTION\n', 29,
        "student.names is of ours", "another name",
    ),
    "duplicate check": (
        "# %%\n", '# %% tags=["check"]\n' + TEST + '    """Twice."""\n', 29,
        "test_three_becomes_six is already the name", "another name",
    ),
    "no question": (' question="double"', "", 1, "no question", "# %% question="),
    "question without quotes": ('="double"', "=double", 15, "cannot be read", "A mark is # %%"),
    "misspelt mark": ("question=", "questoin=", 15, "questoin=", 'question="Name"'),
    "question is no name": ('"double"', '"1. Doubling"', 15, "cannot be read", "A mark is"),
    "tags are a text": ('["check"]', '"check"', 23, "cannot be read", 'tags=["check"]'),
    "raw cell": ("[markdown]", "[raw]", 10, "cannot be read", "[markdown]"),
    "syntax error": ("return 2 * x", "return 2 *", 19, "invalid syntax", "Correct it"),
    "unclosed bracket": ("print(double(2))", "print(double(2)", 31, "never closed", "Correct it"),
    "code above all cells": ("# %% [markdown]", "x = 1\n# %% [markdown]", 10, "above", "# %%"),
    "check of no question": (
        ' tags=["check"]', ' tags=["check"] question="duoble"', 23, "question duoble", "There are",
    ),
    "check cell without check": ("def test_three", "def three", 23, "defines no check", "Add one"),
    "check in an ordinary cell": (' tags=["check"]', "", 24, "never be run", 'tags=["check"]'),
    "check without student": ("(student)", "()", 24, "one argument, student", "(student):"),
    "check with a fixture": ("(student)", "(student, draw)", 24, "one argument", "(student):"),
    "check without a sentence": ('    """Three becomes six."""\n', "", 24, "docstring", "read it"),
    "markdown question": (
        '# %% question="double"', '# %% [markdown] question="double"\n# x\n\n# %%', 15,
        "no solution region", "Put # BEGIN SOLUTION",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_authors_mistake_is_named_with_file_line_and_remedy(mistake, tmp_path):
    good, wrong, line, what, remedy = MISTAKES[mistake]
    assert good in GOOD
    with pytest.raises(AssignmentError) as error:
        read(tmp_path, GOOD.replace(good, wrong, 1))
    message = str(error.value)
    assert message.startswith(f"{tmp_path / 'doubling.py'}:{line}: ")
    assert what in message
    assert remedy in message
    assert message.endswith(".")


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path):
    path = tmp_path / "doubling.py"
    path.write_bytes(b"# fine\n# caf\xe9\n")
    with pytest.raises(AssignmentError, match=r"doubling\.py:2: this is not UTF-8\. Save it"):
        Assignment.read(path)


@pytest.mark.parametrize("blank", [" ", "\t", "  \t"])
def test_blanks_after_a_mark_do_not_let_the_solution_through(blank, tmp_path):
    text = GOOD.replace("SOLUTION\n", f"SOLUTION{blank}\n")
    question = read(tmp_path, text).cells[1]
    assert "2 * x" in question.source
    assert "2 * x" not in without_solution(question.source)
