"""Requests from mailboxes and tables: all of them are there, or named; hostile ones harm nobody."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from grader.csv_table import TableError
from grader.intake import mail, requests
from grader.model.request import About

ABOUT = About("kim", "split_heads", "test_values", "ab" * 32, "0.1.0")
LINES = ABOUT.lines()


def a_mail(body: str, **headers: str) -> bytes:
    made = EmailMessage()
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    return made.as_bytes()


def a_mailbox(folder: Path, *mails: bytes) -> Path:
    path = folder / "regrades.mbox"
    parts = (b"From x@y Mon Nov 30 10:00:00 2026\n" + one.rstrip(b"\n") + b"\n\n" for one in mails)
    path.write_bytes(b"".join(parts))
    return path


def only(path: Path) -> requests.Request:
    inbox = requests.read(path)
    assert not inbox.unread
    (found,) = inbox.requests
    return found


def test_a_mail_of_the_pages_link_is_about_its_check_and_submission(tmp_path):
    data = a_mail(
        f"Mine is right.\n\n{LINES}\n", From="김민준 <kim@x.edu>", Subject="Regrade √",
        Date="Mon, 30 Nov 2026 10:00:00 +0100",
    )  # fmt: skip
    found = only(a_mailbox(tmp_path, data))
    assert (found.about, found.text) == (ABOUT, "Mine is right.")
    assert (found.sender, found.subject) == ("김민준 <kim@x.edu>", "Regrade √")
    assert found.moment == 1_796_029_200 and found.place == "regrades.mbox:1"


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_texts_come_in_the_encodings_of_mails(tmp_path, encoding):
    made = EmailMessage()
    made.set_content(f"맞습니다.\n{LINES}", charset="euc-kr", cte=encoding)
    assert only(a_mailbox(tmp_path, made.as_bytes())).text == "맞습니다."


def test_of_a_mail_in_two_forms_the_plain_one_counts_and_attachments_do_not(tmp_path):
    made = EmailMessage()
    made.set_content(f"plain\n{LINES}")
    made.add_alternative("<b>rich</b>", subtype="html")
    made.add_attachment(b"a notebook", maintype="text", subtype="plain", filename="a.ipynb")
    assert only(a_mailbox(tmp_path, made.as_bytes())).text == "plain"


def test_a_mail_that_is_html_alone_is_read_as_text(tmp_path):
    lines = LINES.replace("\n", "<br>\n")
    data = f"Content-Type: text/html\n\n<p>1 &lt; 2</p><div>{lines}</div>".encode()
    found = only(a_mailbox(tmp_path, data))
    assert found.about == ABOUT and found.text == "1 < 2"


def test_a_mail_without_our_lines_is_there_with_its_words(tmp_path):
    found = only(a_mailbox(tmp_path, a_mail("Please!")))
    assert (found.about, found.text, found.moment) == (About(), "Please!", None)


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
                  for i in range(3_000))  # fmt: skip
HOSTILE = {
    "no header at all": b"\xff\x00\xfe",
    "a header that never ends": b"Subject: " + b"=?utf-8?q?" * 100_000 + b"\n\nx",
    "an unknown charset": b"Content-Type: text/plain; charset=nonsense\n\nx",
    "a charset that takes quadratic time": b"Content-Type: text/plain; charset=punycode\n\n"
    + b"a-" * 300_000,
    "a charset that is code": b"Content-Type: text/plain; charset=unicode_escape\n\n\\x41",
    "base64 that is none": b"Content-Transfer-Encoding: base64\n\n!!!!",
    "a date beyond all": b"Date: Mon, 30 Nov 99999999999 10:00:00 +9999\n\nx",
    "tags that never end": b"Content-Type: text/html\n\n" + b"<a" * 90_000,
    "parts in parts in parts": NESTED,
    "a million headers": b"X: y\n" * 180_000 + b"\nx",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_mail_is_there_or_named_and_so_are_those_beside_it(tmp_path, data):
    good = a_mail(f"good\n{LINES}")
    inbox = requests.read(a_mailbox(tmp_path, good, data, good))
    assert [one.about for one in inbox.requests if one.text == "good"] == [ABOUT, ABOUT]
    assert len(inbox.requests) + len(inbox.unread) == 3
    for line in inbox.unread:
        assert f"{line}".startswith("regrades.mbox:2: this mail cannot be read (")


def test_a_mail_that_the_parser_fails_on_is_named(tmp_path, monkeypatch):
    def fails(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(mail, "message_from_bytes", fails)
    inbox = requests.read(a_mailbox(tmp_path, a_mail("x")))
    assert not inbox.requests and "RecursionError" in f"{inbox.unread[0]}"


def test_only_the_first_part_of_a_large_mail_is_read(tmp_path):
    data = a_mail(f"words\n{LINES}\n" + "x" * 60 + "\n" * 2) + b"y\n" * mail.MOST_BYTES
    found = only(a_mailbox(tmp_path, data))
    assert found.about == ABOUT and len(found.text) <= mail.MOST_TEXT


def test_what_is_beyond_the_limits_is_said(tmp_path, monkeypatch):
    path = a_mailbox(tmp_path, *[a_mail("x")] * 3)
    monkeypatch.setattr(requests, "MOST_REQUESTS", 2)
    inbox = requests.read(path)
    assert len(inbox.requests) == 2
    assert [f"{line}" for line in inbox.unread] == ["1 more request is not shown: split the file."]
    monkeypatch.setattr(requests, "MOST_BYTES", 10)
    with pytest.raises(TableError, match="keep only the mails that are requests"):
        requests.read(path)


def test_a_forms_table_has_known_columns_and_all_others_as_text(tmp_path):
    path = tmp_path / "form.csv"
    path.write_text(
        f"Timestamp;ID;Question;File;What is wrong?\n30.11.;kim;split_heads;{'ab' * 32};=cmd()\n"
        f'30.11.;;;;"as in the mail:\n{LINES}"\n'
    )
    one, other = requests.read(path).requests
    assert one.about == About("kim", "split_heads", "", "ab" * 32)
    assert one.text == "timestamp: 30.11.\nwhat is wrong?: =cmd()" and one.place == "form.csv:2"
    assert other.about == ABOUT and "as in the mail:" in other.text


def test_a_table_that_names_nobody_is_refused_with_what_it_needs(tmp_path):
    path = tmp_path / "form.csv"
    path.write_text("when,what\n1,2\n")
    with pytest.raises(TableError, match="needs a column `id` or `file`"):
        requests.read(path)
