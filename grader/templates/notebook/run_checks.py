# @title TITLE { display-mode: "form" }
import ast
import html
import inspect
import textwrap
import traceback

import __main__ as student  # the checks look here for what you define

QUESTIONS = {}
HINTS = {}
SAYS = {}
GREEN, RED, GREY = "#15803d", "#c2410c", "#9ca3af"
MOST = 16  # rows and columns of a drawing; of larger ones, each square is the worst of several
_passed = {}  # how each check went when it was last run; None if there was nothing to check


def _line(error):
    """Return the last line of yours that a traceback names."""
    here = getattr(student, "__file__", "")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or "<ipython" in frame.filename or frame.filename == here
    ]
    yours = [frame for frame in frames if frame.name not in {*_passed, "_problem"}]
    if not yours:
        return ""
    last = yours[-1]
    return "\n" + SAYS["LINE"].format(name=last.name, number=last.lineno, text=last.line)


def _compared(error):
    """Yield the words and the numbers of both sides wherever the assert that failed compares."""
    import torch

    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    lines, first = inspect.getsourcelines(frame.f_code)
    for node in ast.walk(ast.parse(textwrap.dedent("".join(lines)))):
        if isinstance(node, ast.Assert) and node.lineno <= line - first + 1 <= node.end_lineno:
            break
    for part in ast.walk(node.test):
        match part:
            case ast.BinOp(left=one, op=ast.Sub(), right=other):
                sides = one, other
            case ast.Compare(left=one, ops=[ast.Eq()], comparators=[other]):
                sides = one, other
            case _:
                continue
        if "student" in ast.unparse(part):
            continue  # what you wrote would run again
        values = [eval(ast.unparse(side), frame.f_globals, frame.f_locals) for side in sides]
        if any(isinstance(value, torch.Tensor) for value in values):
            numbers = (torch.as_tensor(value).detach().double() for value in values)
            yield map(ast.unparse, sides), torch.broadcast_tensors(*numbers)


def _difference(error):
    """Return, in words and drawn, where the numbers that an assert compares differ most."""
    try:
        for (one, other), (a, b) in _compared(error):
            apart = (a - b).abs().nan_to_num(float("inf"))
            if apart.numel() > 1 and apart.max() > 1e-6:
                place = (apart == apart.max()).nonzero()[0].tolist()
                x, y = (f"{float(side[tuple(place)]):.4g}" for side in (a, b))
                said = SAYS["DIFFER"].format(one=one, other=other, place=place, x=x, y=y)
                return said, _drawing(apart, place, said)
    except Exception:  # a check that compares in another way has said what is wrong
        pass
    return "", ""


def _drawing(apart, place, said):
    """Draw the matrix in which the largest difference is: the darker, the further apart."""
    most = float(apart.nan_to_num(posinf=0).max()) or 1
    matrix = apart[tuple(place[:-2])].reshape(-1, apart.shape[-1])
    rows, columns = (-(-size // MOST) for size in matrix.shape)  # in a square
    page = ""
    for row in range(0, len(matrix), rows):
        page += "<tr>"
        for column in range(0, matrix.shape[1], columns):
            worst = float(matrix[row : row + rows, column : column + columns].max())
            where = [*place[:-2], row, column][-apart.dim() :]
            words = SAYS["APART"].format(place=where, number=f"{worst:.4g}")
            page += (
                f'<td title="{html.escape(words)}" style="width: 1.2em; height: 1.2em; '
                f"padding: 0; border: 1px solid {GREY}; "
                f'background-color: rgba(194, 65, 12, {min(1, worst / most):.2f})"></td>'
            )
        page += "</tr>"
    style = "margin: 0.3em 1.4em; border-collapse: collapse"
    return f'<table role="img" aria-label="{html.escape(said)}" style="{style}">{page}</table>'


def _problem(check):
    """Run a check on this notebook, and return what is wrong and drawn; nothing if it passed."""
    _passed[check.__name__] = False
    try:
        check(student)
    except NotImplementedError as error:
        _passed[check.__name__] = None
        return str(error) or SAYS["UNFILLED"], ""
    except AssertionError as error:
        said, drawing = _difference(error)
        line = str(error) or traceback.extract_tb(error.__traceback__)[-1].line
        return f"{line}\n{said}".strip(), drawing
    except Exception as error:
        return f"{type(error).__name__}: {error}{_line(error)}", ""
    _passed[check.__name__] = True
    return "", ""


def _hints(name):
    """Return the hints of a check, each folded into the one before it."""
    page = ""
    for number, hint in reversed([*enumerate(HINTS.get(name, []), 1)]):
        step = html.escape(SAYS["HINT"].format(number=number))
        page = (
            f'<details style="margin-left: 1.4em"><summary>{step}</summary>'
            f"<div>{html.escape(hint)}{page}</div></details>"
        )
    return page


def _progress():
    """Return how many questions hold, and a square for each of them."""
    held, squares = 0, ""
    for question, names in QUESTIONS.items():
        holds = all(map(_passed.get, names))
        held += holds
        colour = GREEN if holds else RED if False in map(_passed.get, names) else GREY
        squares += (
            f'<span title="{question}" style="display: inline-block; width: 1.6em; '
            f'height: 0.5em; margin-right: 0.2em; background-color: {colour}"></span>'
        )
    return held, squares


def _show(groups, end):
    """Show lines of (sentence, problem, more of a page) below headings: in colour, or as text."""
    text, page, unfilled = [], [], SAYS["UNFILLED"]
    for heading, lines in groups.items():
        text += [heading] if heading else []
        page += [f"<b>{html.escape(heading)}</b>"] if heading else []
        for sentence, problem, below in lines:
            mark = "✗" if problem else "✓"
            colour = {"": GREEN, unfilled: GREY}.get(problem, RED)
            text.append(f"  {mark} {sentence}")
            text += [f"      {line}" for line in problem.splitlines()]
            sign = f'<b style="color: {colour}">{mark}</b>'
            page.append(f"<div>{sign} {html.escape(sentence)}</div>")
            if problem:
                page.append(f'<pre style="margin: 0 0 0 1.4em">{html.escape(problem)}</pre>{below}')
    held, squares = _progress()
    found = [problem for lines in groups.values() for _, problem, _ in lines]
    passed, checks = found.count(""), len(found)
    last = SAYS[end].format(held=held, all=len(QUESTIONS), passed=passed, checks=checks)
    text.append(last)
    page.append(f'<div style="margin-top: 0.3em">{squares} {html.escape(last)}</div>')
    edge = RED if {*found} - {"", unfilled} else GREY if unfilled in found else GREEN
    box = f'<div style="border-left: 4px solid {edge}; padding: 0.2em 0.9em">{"".join(page)}</div>'
    if hasattr(student, "get_ipython"):  # Jupyter and Colab put it there
        from IPython.display import display

        display({"text/plain": "\n".join(text), "text/html": box}, raw=True)
    else:
        print("\n".join(text))


def run_checks(*checks):
    """Run checks on this notebook, and show how each one went and how far you are."""
    lines = []
    for check in checks:
        problem, drawing = _problem(check)
        below = drawing + _hints(check.__name__)
        lines.append((" ".join(check.__doc__.split()), problem, below))
    _show({"": lines}, "BELOW")


def check_all():
    """Run all checks, whatever comes, and show a line for each; drawings are further up."""
    groups = {}
    for question, names in QUESTIONS.items():
        groups[question] = []
        for name in names:
            check = getattr(student, name, None)
            sentence = " ".join(check.__doc__.split()) if check else name
            problem = _problem(check)[0] if check else SAYS["UNSEEN"]
            groups[question].append((sentence, problem, ""))
    _show(groups, "IN_ALL")
