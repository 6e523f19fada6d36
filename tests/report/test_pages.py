"""What students and the course team read: complete, safe whatever a student wrote, and stable."""

import base64
import csv
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from grader.cli.summary import Summary
from grader.files import Unwritable
from grader.model.guidance import Example, Guidance, Row
from grader.model.picture import Picture
from grader.model.result import Status
from grader.model.standing import Override, Standing
from grader.report.formats import grades_csv
from grader.report.pages import class_html, feedback_html, write, write_class
from grader.report.results_json import results_json
from grader.report.roll import Roll
from tests.support.standings import (
    PICTURES,
    RESULTS,
    TRACEBACK,
    a_class,
    a_standing,
    changed,
    decided,
    filled_with,
    ours,
    with_results,
)


class Page(HTMLParser):
    """The tags, attributes and texts of a page, as a browser would find them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "input", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def text(self, *within: str) -> str:
        """Return the visible text, or the text directly inside these tags."""
        return "".join(
            text
            for tag, text in self.texts
            if (tag in within if within else tag not in ("style", "script"))
        )

    def links(self) -> list[str]:
        return [attributes["href"] for tag, attributes in self.tags if tag == "a"]


# --- a student's page ----------------------------------------------------------------------------


def test_a_page_has_one_place_to_start() -> None:
    html = feedback_html(a_standing())
    assert html.count("<h3>Start here</h3>") == 1
    start = html.split("<h3>Start here</h3>")[1]
    assert start.index("Heads are apart.") < start.index("Gradients flow.")


@pytest.mark.parametrize("status", [Status.PASSED, Status.NOT_RUN, Status.GRADER_ERROR])
def test_what_a_student_cannot_repair_is_no_place_to_start(status: Status) -> None:
    assert "Start here" not in feedback_html(with_results(status))


def test_what_is_not_filled_in_is_said_to_be_and_has_no_traceback() -> None:
    empty = replace(RESULTS[5], error="NotImplementedError")
    html = feedback_html(a_standing(results=(empty,)))
    assert "not filled in yet" in html and "stopped with an error" not in html
    assert "unsupported operand" not in html


def public_after(*hidden: Status) -> str:
    """Return the page of who fails a question, and a public check of the next one."""
    like = replace(RESULTS[0], question="merge_heads")
    own = (replace(like, status=status, check=f"test_{status}") for status in hidden)
    return feedback_html(a_standing(results=(RESULTS[1], *own, RESULTS[5])))


def test_a_public_check_that_fails_for_an_earlier_question_waits_for_it() -> None:
    html = public_after(Status.PASSED, Status.NOT_RUN)
    follows = "because of <code>split_heads</code>: repair that first"
    assert follows in html and "unsupported operand" not in html
    for hidden in ((Status.FAILED, Status.PASSED), (Status.NOT_RUN,), ()):
        html = public_after(*hidden)
        assert follows not in html and "unsupported operand" in html


def test_a_message_that_repeats_the_cause_is_not_repeated() -> None:
    text = Page(feedback_html(a_standing())).text()
    assert text.count("Heads are mixed.") == 1
    assert text.count("The same as above.") == 1


def test_checks_that_wait_for_the_same_reason_are_listed_under_it_once() -> None:
    text = Page(feedback_html(a_standing())).text()
    assert text.count("Wait for the values.") == 1
    assert "One token." in text and "Two tokens." in text and "0 of 3" in text
    assert "2 checks wait for this" in text


def test_a_chain_of_checks_that_wait_for_each_other_is_one_line() -> None:
    one, two = (
        replace(r, waits_for=n)
        for r, n in zip(RESULTS[3:5], ("test_values", "test_one"), strict=True)
    )
    text = Page(feedback_html(a_standing(results=(RESULTS[1], one, two)))).text()
    assert "2 checks wait for the first one above" in text and "Wait for the values." not in text
    assert "One token." in text and "Two tokens." in text and "0 of 3" in text


def test_checks_that_passed_are_folded_into_their_number() -> None:
    html = feedback_html(a_standing())
    folded = html[html.index('<details class="held">') :].split("</details>")[0]
    assert "1 check passed" in folded and "becomes (B, H, T, d_head)" in folded
    assert html.index("Start here") < html.index('<details class="held">')


def test_a_traceback_is_preformatted_and_the_words_before_it_are_not() -> None:
    page = Page(feedback_html(a_standing()))
    assert page.text("pre").startswith("Traceback (most recent call last):\n  File")
    assert page.text("pre").endswith("TypeError: unsupported operand")
    assert "Your code raised a TypeError." in page.text("p")


def test_an_answer_stands_below_its_check_with_the_line_where_that_stopped() -> None:
    html = feedback_html(a_standing(results=RESULTS[5:]))
    assert html.count("Your answer, code cell 7</summary>") == 1 and "<details open>" in html
    stopped = (
        '<span class="line stopped"><span class="at">3</span>    '
        '<span class="keyword">return</span> Q @ K<span class="why">'
    )
    assert stopped in html and "it stopped here" in html
    hidden = replace(RESULTS[5], public=False)
    assert "Print what goes into the marked line" in feedback_html(a_standing(results=(hidden,)))
    late = replace(RESULTS[5], status=Status.TIMED_OUT)
    assert "here when the time was up" in feedback_html(a_standing(results=(late,)))


def test_where_a_check_of_the_notebook_fails_as_well_that_is_the_next_step() -> None:
    public = replace(RESULTS[2], public=True, sentence="One is two.")
    html = feedback_html(a_standing(results=(RESULTS[1], public)))
    assert "A check of your notebook fails here as well: “One is two.” Run it there" in html
    assert "fails here as well" not in feedback_html(a_standing(results=RESULTS[1:3]))


def test_where_no_line_is_known_the_answer_is_folded_and_a_time_out_says_so() -> None:
    unknown = replace(RESULTS[5], status=Status.TIMED_OUT, traceback="")
    html = feedback_html(a_standing(results=(unknown,)))
    assert "Your answer, code cell 7" in html and "<details open>" not in html
    assert "Which line it was in when the time was up cannot be said." in html
    empty = replace(RESULTS[5], error="NotImplementedError")
    assert "Your answer" not in feedback_html(a_standing(results=(empty,)))


def test_hints_unfold_one_in_the_other_and_an_example_shows_both_numbers() -> None:
    example = Example("student.f(1)", (Row("out", "2", "3", False), Row("w", "1", "1", True)))
    failed = replace(RESULTS[1], guidance=Guidance(("Look at `x`.", "Again."), example))
    html = feedback_html(a_standing(results=(failed,)))
    first, second = html.index("Hint 1 of 2"), html.index("Hint 2 of 2")
    assert first < html.index("<p>Look at <code>x</code>.</p>") < second
    assert "</details>" not in html[first:second], "folded into the first"
    assert '<pre tabindex="0">student.f(1)</pre>' in html
    assert '<td><code>2</code></td><td class="off"><code>3</code></td>' in html
    assert "in a cell of your notebook, there without <code>student.</code>" in html
    assert "Here your answer is right" not in html
    same = replace(example, rows=example.rows[1:])
    other = replace(RESULTS[1], guidance=Guidance((), same))
    assert "Here your answer is right" in feedback_html(a_standing(results=(other,)))
    several = replace(RESULTS[1], guidance=Guidance((), replace(same, others=2)))
    html = feedback_html(a_standing(results=(several,)))
    assert "Here and in 2 more small examples your answer is right." in html


def test_names_between_backticks_are_set_as_code_and_still_escaped() -> None:
    results = (replace(RESULTS[0], sentence="Use `<b>x</b>` & `y`."),)
    html = feedback_html(a_standing(results=results))
    assert "Use <code>&lt;b&gt;x&lt;/b&gt;</code> &amp; <code>y</code>." in html


def test_a_student_reads_points_notes_and_the_problem() -> None:
    page = Page(feedback_html(a_standing(notes=("Cell 2 was left out.",), problem="No notebook.")))
    assert "1of 10 points" in page.text()
    assert "1 of 6 checks passed." in page.text()
    assert "Cell 2 was left out." in page.text() and "No notebook." in page.text()
    assert "과제3.ipynb" in page.text() and "from scratch √" in page.text()


def test_a_page_without_a_score_says_that_it_is_our_fault() -> None:
    page = Page(feedback_html(ours()))
    assert "Not graded yet" in page.text()
    assert "10 points" not in page.text()
    assert "WHY" not in page.text()  # our message is for the course team


@pytest.mark.parametrize("status", Status)
def test_details_and_output_never_reach_a_student(status: Status, tmp_path: Path) -> None:
    secret = with_results(status, detail="SECRET-DETAIL")
    write(changed(secret, output="SECRET-OUTPUT"), tmp_path)
    for path in tmp_path.iterdir():
        assert "SECRET" not in path.read_text()


def test_a_result_outside_the_listed_questions_is_shown_too() -> None:
    stray = replace(RESULTS[1], question="surprise", message="Look here.")
    report = a_standing(results=(*RESULTS, stray))
    assert "Look here." in feedback_html(report)
    assert json.loads(results_json(report))["tests"][-1]["number"] == "3.1"


def with_picture(picture: Picture) -> Standing:
    return a_standing(results=(replace(RESULTS[1], picture=picture),))


def svg(html: str) -> str:
    return html.partition('<figure class="picture">')[2].partition("</figure>")[0]


def test_a_drawing_has_a_cell_for_each_place_and_sizes_that_tell_levels_apart() -> None:
    page = Page(feedback_html(with_picture(PICTURES[0])))
    kinds = [a.get("class", "") for tag, a in page.tags if tag in ("circle", "rect")]
    cells = Counter(kind for kind in kinds if kind == "right" or kind.startswith("off-"))
    key = {"right": 1, "off-1": 1, "off-2": 1, "off-3": 1, "off-4": 1}
    assert cells - Counter(key) == {"right": 8, "off-1": 4, "off-2": 1, "off-3": 1, "off-4": 1}
    widths = {a["class"]: a["width"] for tag, a in page.tags if a.get("class", "")[:4] == "off-"}
    assert [widths[f"off-{level}"] for level in "1234"] == ["4", "7", "10", "14"]


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (PICTURES[0], "n_Q 1: n_K 1–2; n_Q 2: n_K 1–2; n_Q 3: n_K 0–2; right elsewhere"),
        (PICTURES[1], "Where the gradient of loss is off, the worst over T"),
        (PICTURES[1], "B 1; right elsewhere"),
        (PICTURES[2], "nothing arrives at T = 0"),
        (PICTURES[3], "Q nothing arrives K reached"),
        (PICTURES[4], "asked for: B = 2; T = 5; H = 4; yours: 5, 2, 4"),
    ],
)
def test_a_drawing_is_told_in_words_too(picture: Picture, words: str) -> None:
    assert words in " ".join(Page(feedback_html(with_picture(picture))).text().split())


@pytest.mark.parametrize("picture", PICTURES)
def test_every_drawing_has_a_name_for_those_who_do_not_see_it(picture: Picture) -> None:
    tags = Page(feedback_html(with_picture(picture))).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    labelled = [a for _, a in tags if "aria-labelledby" in a]
    assert len(labelled) == (picture != PICTURES[3])  # that one is a list of words
    assert all(set(a["aria-labelledby"].split()) <= set(ids) for a in labelled)


def test_drawings_after_the_first_are_folded() -> None:
    results = tuple(
        replace(RESULTS[1], message=f"{i}", picture=drawing) for i, drawing in enumerate(PICTURES)
    )
    html = feedback_html(a_standing(results=results))
    assert html.count("<figure") == 5 and html.count("<summary>Drawing</summary>") == 4


def test_the_next_step_speaks_of_a_traceback_where_there_is_one() -> None:
    without = with_results(Status.STUDENT_ERROR, message="`split_heads` is not defined")
    shown = Page(feedback_html(without)).text()
    assert "run all cells" in shown and "traceback" not in shown
    raised = with_results(Status.STUDENT_ERROR, message="", traceback=TRACEBACK)
    assert "Read the last line of the traceback" in Page(feedback_html(raised)).text()


def test_the_next_step_says_what_waits_for_it() -> None:
    waiting = (
        replace(RESULTS[3], check="test_one[3]", waits_for="test_values"),
        replace(RESULTS[4], check="test_two", waits_for="test_one"),
        replace(RESULTS[4], check="test_three", waits_for="test_else"),
    )
    words = Page(feedback_html(a_standing(results=(RESULTS[1], *waiting)))).text()
    assert "When this holds, 2 more can be judged, worth 3 points." in " ".join(words.split())


# --- the course team's page ----------------------------------------------------------------------


def test_the_class_page_counts_submissions_scores_and_failures() -> None:
    page = Page(class_html(Roll.of(a_class(4))))
    words = " ".join(page.text().split())
    assert "submissions4" in words and "mean score5.5 of 10" in words and "full marks2" in words
    assert "split_heads mean 4.0 of 7" in words
    assert "14 passed" in words and "4 not right yet" in words and "4 not judged yet" in words
    assert "It runs.test_runs 50 % passed" in words
    unknown = "Only the first of each question: what fails later mostly has the same cause. "
    assert f"{unknown}2of 4 Heads are mixed." in words


def test_the_most_frequent_failure_comes_first() -> None:
    rare = replace(RESULTS[1], message="Rare.")
    reports = [a_standing("a", results=(rare,)), *a_class(5)]
    frequent = class_html(Roll.of(reports)).split("no known mistake")[1].split("</section>")[0]
    assert re.findall(r'class="count">(\d+)<', frequent) == ["3", "3", "1"]
    assert frequent.index("Heads are mixed.") < frequent.index("Rare.")


def mistaken(student: str, mistake: str, hypothesis: str) -> Standing:
    known = replace(RESULTS[1], mistake=mistake, hypothesis=hypothesis, picture=PICTURES[0])
    return a_standing(student, results=(RESULTS[0], known, *RESULTS[2:]))


def test_students_with_the_same_mistake_are_listed_under_it_once() -> None:
    forgot = "the scores are not divided by √d"
    reports = [mistaken(f"s{i}", "no_scale", forgot) for i in range(3)]
    reports += [mistaken("t", "no_mask", "the mask is ignored"), a_standing("u")]
    html = class_html(Roll.of(reports))
    section = html.split('id="mistakes"')[1].split("</section>")[0]
    words = " ".join(Page(f"<div>{section.partition('>')[2]}</div>").text().split())
    assert f"3of 5 {forgot}" in words and "s0, s1, s2" in words
    assert "1of 5 the mask is ignored" in words and words.index("3of 5") < words.index("1of 5")
    assert section.count("<figure") == 2  # an example of each
    assert {unquote(link) for link in Page(section).links()} == {
        f"{student}/feedback.html" for student in ("s0", "s1", "s2", "t")
    }
    unknown = html.split("no known mistake")[1].split("</section>")[0]
    assert "Heads are mixed." in unknown and "s0" not in unknown.split("It runs.")[0]


def test_the_class_page_says_who_ran_into_which_limit_and_how_long_it_took() -> None:
    slow = replace(RESULTS[1], status=Status.TIMED_OUT, seconds=30.25, message="too long")
    reports = [a_standing("quick", seconds=0.5), a_standing("slow", results=(slow,))]
    page = class_html(Roll.of(reports))
    words = " ".join(Page(page).text().partition("Time and limits")[2].split())
    assert "median time15.4 s" in words and "longest, slow30.2 s" in words
    assert "1 of 2: ran out of time Heads are apart. split_heads · test_values slow" in words
    assert "Nobody ran into a limit." in Page(class_html(Roll.of([a_standing()]))).text()


def test_bars_are_as_long_as_what_they_count() -> None:
    tags = Page(class_html(Roll.of(a_class(4)))).tags
    bars = [a for tag, a in tags if tag == "rect" and a.get("class") == "fill-student_error"]
    assert [(bar.get("x"), bar["width"]) for bar in bars[1:]] == [("50.0%", "50.0%")]
    columns = [float(a["height"].rstrip("%")) for tag, a in tags if tag == "rect" and "y" in a]
    assert len(columns) == 2 and columns[0] == columns[1]  # two scores, two students each


def test_details_are_folded_and_the_page_is_whole_for_the_course_team() -> None:
    failed = with_results(Status.FAILED, detail="max |a − b| = 0.62")
    html = class_html(
        Roll.of([ours(), failed, a_standing("bad", results=(), problem="The file is empty.")])
    )
    page = Page(html)
    assert "max |a − b| = 0.62" in page.text("pre")
    assert "DETAIL" in page.text("pre") and "PRINTED" in page.text("pre")
    assert "WHY" in page.text()
    needs = html.split("Needs a person</h2>")[1].split("</section>")[0]
    assert "oh.jimin" in needs and "The file is empty." in needs
    assert "kim.minjun" not in needs


def test_what_was_refused_or_never_begun_and_our_faults_are_apart_and_time_outs_beside() -> None:
    blank = replace(RESULTS[1], status=Status.STUDENT_ERROR, error="NotImplementedError")
    late = replace(RESULTS[1], status=Status.TIMED_OUT)
    standings = [
        ours(),
        a_standing("pdf", results=(), problem="A PDF."),
        a_standing(
            "empty", results=(blank,), problem="Nothing is filled in here: it is as it was."
        ),
        a_standing("half", results=(RESULTS[0], replace(blank, question="merge_heads"))),
        a_standing("slow", results=(RESULTS[0], late)),
    ]
    html = class_html(Roll.of(standings))
    needs, rest = html.split("Needs a person</h2>")[1].split("</section>", 1)
    heads = ["Our fault, to be judged again", "Could not be read", "Nothing filled in"]
    parts = re.split("|".join(heads), needs)
    assert [("oh.jimin" in p, "pdf/" in p, "empty/" in p) for p in parts[1:]] == [
        (True, False, False), (False, True, False), (False, False, True)
    ]  # fmt: skip
    limits = rest.split("Ran into a limit</h2>")[1].split("</section>")[0]
    assert "slow/feedback.html" in limits and "ran out of time" in limits
    rows = html.split('<table class="everybody">')[1].split("<tr>")
    said = {
        name: next(row for row in rows if f"{name}/feedback" in row) for name in ("half", "slow")
    }
    assert "not filled in yet: merge_<wbr>heads" in said["half"]
    assert "ran out of time: split_<wbr>heads" in said["slow"]


@pytest.mark.parametrize("student", ["kim", "김민준", "a b", "100%", "a#b?c", "a&amp;b", "é\u0301"])
def test_each_student_is_linked_by_a_relative_and_quoted_address(student: str) -> None:
    links = Page(class_html(Roll.of([a_standing(student)]))).links()
    assert {unquote(link) for link in links} == {f"{student}/feedback.html"}
    assert {urlsplit(link).path for link in links} == set(links)  # no query, no fragment
    assert all(link.isascii() for link in links)


def test_a_class_of_nobody_has_a_page_and_a_table() -> None:
    assert "Nothing has been graded yet." in Page(class_html(Roll.of([]))).text()
    assert len(list(csv.reader(grades_csv(Roll.of([]))))) == 1


def test_a_class_in_which_nothing_could_be_judged_has_a_page() -> None:
    page = Page(
        class_html(
            Roll.of([ours(), a_standing("empty", results=(), questions=(), problem="Empty.")])
        )
    )
    assert "need a person2" in " ".join(page.text().split())
    assert (
        class_html(Roll.of([with_results(Status.GRADER_ERROR)])).count('<rect class="fill-mean"')
        == 0
    )


def test_three_hundred_students_have_a_row_each() -> None:
    reports = a_class(300)
    page = Page(class_html(Roll.of(reports)))
    assert sum(a.get("scope") == "row" for _, a in page.tags) == 300
    assert len(list(csv.reader(io.StringIO("".join(grades_csv(Roll.of(reports))))))) == 301


# --- hostile text --------------------------------------------------------------------------------

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</pre></code></li><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "https://evil.example/x",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=https://evil.example/>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example><input name=a>",
    "<style>*{background:url(https://evil.example)}</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<scr\x00ipt>alert(1)</script>",
    "\x1b]0;<script>alert(1)</script>\x07title",
    "\u202e<script>alert(1)</script>\ud800",
    "`<img src=x onerror=alert(1)>`",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]


COLOURS = ("keyword", "comment", "text", "number", "defined")


def structure(html: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the tags and their attributes' names.

    Left out are those that any text may have: the code that backticks make, places where a name may
    be broken, and the colours of words.
    """
    return [
        (tag, tuple(attributes))
        for tag, attributes in Page(html).tags
        if tag not in ("code", "wbr") and attributes.get("class") not in COLOURS
    ]


@pytest.mark.parametrize("page", [feedback_html, lambda report: class_html(Roll.of([report]))])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text(payload: str, page: Any) -> None:
    html = page(filled_with(payload))
    assert structure(html) == structure(page(filled_with("harmless")))
    for tag, attributes in Page(html).tags:
        assert tag not in ("img", "iframe", "object", "embed", "form", "base", "link", "use")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not attributes.keys() & {"src", "action", "formaction", "srcdoc", "xlink:href"}
        target = urlsplit(attributes.get("href", ""))
        assert not target.scheme and not target.netloc


@pytest.mark.parametrize("html", [feedback_html(a_standing()), class_html(Roll.of(a_class(3)))])
def test_the_policy_allows_our_style_and_script_and_nothing_else(html: str) -> None:
    page = Page(html)
    (policy,) = (a["content"] for _, a in page.tags if "http-equiv" in a)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("style", "script"):
        texts = [text for within, text in page.texts if within == tag]
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in texts]
        assert rules[f"{tag}-src"] == (f"'sha256-{digests[0]}'" if digests else "'none'")
        assert len(digests) <= 1
    assert "unsafe" not in policy
    assert not [tag for tag, attributes in page.tags if "style" in attributes]


def test_a_students_page_has_no_script() -> None:
    assert not [tag for tag, _ in Page(feedback_html(a_standing())).tags if tag == "script"]


# --- always the same bytes, and whole files ------------------------------------------------------


def pages() -> Iterator[str]:
    """Yield every kind of text that this file writes."""
    for report in (a_standing(), ours(), filled_with("x")):
        yield from (feedback_html(report), results_json(report))
    reports = [*a_class(9), ours(), with_results(Status.FAILED)]
    yield from (class_html(Roll.of(reports)), *grades_csv(Roll.of(reports)))


def digest() -> str:
    return hashlib.sha256("".join(pages()).encode()).hexdigest()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_bytes_are_the_same_in_another_process(seed: str) -> None:
    code = f"import runpy; print(runpy.run_path({__file__!r})['digest']())"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest()


def test_wall_time_changes_the_class_page_alone() -> None:
    reports = [*a_class(5), ours()]
    slower = [changed(report, seconds=3.5) for report in reports]
    assert class_html(Roll.of(slower)) != class_html(Roll.of(reports))
    assert feedback_html(slower[0]) == feedback_html(reports[0])
    assert list(grades_csv(Roll.of(slower))) == list(grades_csv(Roll.of(reports)))
    assert results_json(slower[0]) == results_json(reports[0])


def test_files_are_written_whole_and_readable(tmp_path: Path) -> None:
    write(a_standing(), tmp_path / "site" / "kim.minjun")
    write_class(Roll.of([a_standing()]), tmp_path / "site")
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert found >= {f"site/{n}" for n in ("grades.csv", "report.html", "kim.minjun/feedback.html")}
    assert (tmp_path / "site/grades.csv").read_bytes() == "".join(
        grades_csv(Roll.of([a_standing()]))
    ).encode()
    assert (tmp_path / "site/kim.minjun/results.json").read_text() == results_json(a_standing())
    umask = os.umask(0)
    os.umask(umask)
    mode = stat.S_IMODE((tmp_path / "site/report.html").stat().st_mode)
    assert mode == 0o666 & ~umask


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a_standing(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.files.os.replace", full)
    with pytest.raises(Unwritable, match="cannot be written: No space left"):
        write(ours(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


# --- what a person has decided -------------------------------------------------------------------


def test_a_decision_takes_the_place_of_the_points_that_checks_give() -> None:
    assert a_standing().score == 1 and decided().score == 2.5
    assert decided(points=0).score == 0
    assert decided(points=None).score == 1


def test_a_student_reads_a_decision_and_its_comment_on_the_page() -> None:
    page = Page(feedback_html(decided()))
    assert "2.5of 10 points" in page.text()
    assert "The course team has set the points of this question." in page.text()
    assert "Well <argued>." in page.text()
    assert "A remark of the course team." in Page(feedback_html(decided(points=None))).text()


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (1, "The course team has added 1 point to those of the questions."),
        (-2.5, "The course team has taken 2.5 points from those of the questions."),
        (None, "A remark of the course team."),
    ],
)
def test_points_for_the_submission_are_shown_with_their_comment(points, said):
    given = a_standing(overrides=(Override("(submission)", points, "Tidy <code>."),))
    assert f"{said}Tidy <code>." in Page(feedback_html(given)).text()
    (about, *others) = json.loads(results_json(given))["tests"]
    assert (about["number"], about["output"]) == ("0.0", "Tidy <code>.")
    assert about.get("score") == points and (about.get("max_score") == 0) == bool(points)
    rest = sum(test["score"] for test in others if "score" in test)
    assert json.loads(results_json(given))["score"] == max(0, rest + (points or 0))
    row = Roll.of([given])
    (cells,) = csv.DictReader("".join(grades_csv(row)).splitlines())
    assert cells["(submission)"] == (f"{points:g}" if points else "")
    assert cells["decided by hand"] == ("(submission)" if points else "")
    assert cells["comments"] == "Tidy <code>."


def test_the_class_page_counts_half_points_and_marks_decisions() -> None:
    words = Page(class_html(Roll.of([decided(), a_standing("lee")]))).text()
    assert "mean score1.8 of 10" in words and "set by hand: split_heads" in words


def test_a_student_reads_what_being_late_costs_and_what_was_excused() -> None:
    late = a_standing(hours_late=30, late_rule="score * (1 - 0.25 * days)")
    assert (late.earned, late.score) == (1, 0.5)
    said = Page(feedback_html(late)).text()
    assert (
        "Handed in 30 hours after the deadline: 1 points count as 0.5, "
        "by the rule score * (1 - 0.25 * days)." in " ".join(said.split())
    )
    assert "마감 30시간 뒤에" in Page(feedback_html(late, "ko")).text()
    excused = replace(late, overrides=(Override("(late)", 0, "Was <ill>."),))
    said = Page(feedback_html(excused)).text()
    assert excused.score == 1 and "Was <ill>." in said and "points count as" not in said
    assert "deadline" not in Page(feedback_html(a_standing())).text()


def test_a_check_that_works_in_the_notebook_only_is_not_counted() -> None:
    elsewhere = replace(RESULTS[-1], status=Status.NOT_RUN, message="", points=0, counted=False)
    perfect = a_standing(results=(RESULTS[0], elsewhere))
    assert "1 of 1 check passed." in feedback_html(perfect)
    assert "It runs." in feedback_html(perfect), "and still is on the page"
    summary = Summary(Roll.of([perfect]))
    assert summary.checks == {"passed": 1} and summary._first[0][2] == "1/1"
    (_, row) = csv.reader(io.StringIO("".join(grades_csv(Roll.of([perfect])))))
    assert row[7:14] == ["1", "0", "0", "0", "0", "0", "0"]
    assert ">It runs." not in class_html(Roll.of([perfect]))


# --- names ---------------------------------------------------------------------------------------


def test_who_is_known_by_name_is_called_by_it_and_the_id_stands_beside() -> None:
    hostile = "<b>Kim</b> Minjun"
    standing, other = a_standing("4711", name=hostile), a_standing("4712")
    mine, page = feedback_html(standing), class_html(Roll.of([standing, other]))
    safe = "&lt;b&gt;Kim&lt;/b&gt; Minjun"
    assert f"Feedback for {safe} · 4711" in mine and "<b>Kim" not in mine + page
    assert f'<a href="4711/feedback.html">{safe}</a> <small>4711</small>' in page
    assert '<a href="4712/feedback.html">4712</a>' in page
    (row, _) = csv.DictReader(io.StringIO("".join(grades_csv(Roll.of([standing, other])))))
    assert (row["student"], row["name"]) == ("4711", hostile)
