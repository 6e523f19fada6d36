"""The link by which a student asks for another look."""

import re
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

from grader import __version__
from grader.model.request import About
from grader.report.pages import feedback_html
from tests.support.standings import RESULTS, a_standing, filled_with


def mails(page: str) -> list[dict[str, str]]:
    """Return the mails that a page offers, as a mail program reads their addresses."""
    found = []
    for link in re.findall(r'href="(mailto:[^"]*)"', page):
        parts = urlsplit(unescape(link))
        fields = {name: text for name, (text,) in parse_qs(parts.query).items()}
        found.append({"to": unquote(parts.path), **fields})
    return found


def test_each_check_that_failed_offers_a_mail_that_names_check_file_and_version():
    standing = a_standing(contact="ta@course.edu")
    *checks, whole = mails(feedback_html(standing))
    digest = standing.judgement.sha256
    abouts = [About.read(mail["body"])[0] for mail in checks]
    assert abouts == [
        About("kim.minjun", one.question, one.check, digest, __version__)
        for one in (RESULTS[1], RESULTS[2], RESULTS[5])
    ]
    assert checks[0]["to"] == "ta@course.edu" and "test_values" in checks[0]["subject"]
    about, _ = About.read(whole["body"])
    assert (about.question, about.check, about.file) == ("(submission)", "", digest)


def test_without_an_address_no_page_offers_one():
    assert mails(feedback_html(a_standing())) == []


def test_a_name_adds_no_field_and_no_line_to_the_mail():
    evil = 'x&bcc=all@x\r\ngrader-file: 0\n"<i>'
    standing = filled_with(evil)
    page = feedback_html(a_standing(evil, judgement=standing.judgement, contact="ta@course.edu"))
    found = mails(page)
    assert len(found) > 1 and "<i>" not in page
    for mail in found:
        assert mail.keys() == {"to", "subject", "body"} and mail["to"] == "ta@course.edu"
        assert not re.search(r"[\r\n]", mail["subject"])
        assert len(re.findall("^grader-file", mail["body"], re.MULTILINE)) == 1


def test_in_korean_the_mail_is_and_its_lines_stay():
    mail = mails(feedback_html(a_standing(contact="ta@course.edu"), "ko"))[0]
    assert re.search("[가-힣]", mail["subject"]) and About.read(mail["body"])[0].question
