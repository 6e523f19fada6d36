"""A rule for late hand-ins is arithmetic that everybody can read, and takes away, never adds."""

import pytest

from grader.model.late import RuleError, reduced, require


@pytest.mark.parametrize(
    ("rule", "hours", "left"),
    [
        ("score * (1 - 0.1 * days)", 0.2, 9),
        ("score * (1 - 0.1 * days)", 24, 9),
        ("score * (1 - 0.1 * days)", 24.1, 8),
        ("score * (1 - 0.1 * days)", 300, 0),
        ("score if hours <= 1 else 0", 1, 10),
        ("score if hours <= 1 else 0", 1.01, 0),
        ("min(score, 0.8 * max_score)", 5, 9.6),
        ("score - hours / 3", 1, 9.67),
        ("score + 5", 1, 10),
        ("-score", 1, 0),
    ],
)
def test_a_rule_leaves_between_nothing_and_all(rule, hours, left):
    assert reduced(rule, 10, 12, hours) == left


@pytest.mark.parametrize(
    "rule",
    [
        "score *", "__import__('os')", "score.real", "[score][0]", "lambda: 0", "open", "'a'",
        "9 ** 9 ** 9", "score << 9", "max(score, key=min)", "True", "points", "score if", "score;0",
        "min(*(score, 1))", "1 / 0", "score / (days - 1)", "score > 1", "1e999", "min(score)",
        "score" + " + 1" * 100, "(score := 1)", "f'{score}'", "(" * 300,
        "score / (hours - 2)", "score / (hours - 2.37)", "score / (days - 30)", "score + 5",
        "score / (hours - 4000)", "score * hours / 100", "10 - score", "score / (168 - hours)",
        "score * 0.9 if hours < 24 else score * 0.95", "1e308 * 10 * score", "score / score",
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_before_anything_is_judged(rule):
    with pytest.raises(RuleError):
        require(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "score * (1 - 0.1 * days)", "score if hours <= 1 else 0", "min(score, 0.8 * max_score)",
        "score - 2 * (hours - 3)", "score if days <= 2 else max(0, score - 10 * days)", "0",
    ],
)  # fmt: skip
def test_rules_of_courses_are_taken(rule):
    require(rule)


def test_a_rule_is_refused_with_what_it_does():
    for rule, words in {
        "score / (hours - 2)": "leaves more after",
        "score / (days - 3)": "cannot be computed for 48.39 hours",
        "score + 5": "adds points",
    }.items():
        with pytest.raises(RuleError, match=words):
            require(rule)
