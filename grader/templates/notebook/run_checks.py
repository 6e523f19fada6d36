import traceback

import __main__ as student  # the checks look here for what you define


def _problem(check):
    """Run a check on this notebook, and return what is wrong; nothing if it passed."""
    try:
        check(student)
    except NotImplementedError as error:
        return str(error) or "not written yet"
    except AssertionError as error:
        return str(error) or traceback.extract_tb(error.__traceback__)[-1].line
    return ""


def run_checks(*checks):
    """Run checks on this notebook and print how each one went."""
    for check in checks:
        problem = _problem(check)
        print("✗" if problem else "✓", " ".join(check.__doc__.split()))
        if problem:
            print(f"  {check.__name__}: {problem}")


def check_all(questions):
    """Run all checks, whatever comes, and print a line for each."""
    problems = []
    for question, names in questions.items():
        print(question)
        for name in names:
            try:
                check = getattr(student, name)
            except AttributeError:
                sentence, problem = name, "run its cell first, further up"
            else:
                sentence = " ".join(check.__doc__.split())
                try:
                    problem = _problem(check)
                except Exception as error:
                    problem = f"{type(error).__name__}: {error}"
            problems.append(problem)
            reason = " — " + problem.splitlines()[0] if problem else ""
            print("  ✗" if problem else "  ✓", sentence + reason)
    print(f"{problems.count('')} of {len(problems)} checks pass.")
