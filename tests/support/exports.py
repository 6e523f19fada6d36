"""Classes as platforms export them, made from a table of who handed in what, and when."""

import os
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

BOOK = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "# %s"}]}'
DOWNLOADED = (2026, 11, 22, 9, 0, 0)


def folder(where: Path, files: Mapping[str, str | datetime | None]) -> Path:
    """Make files; of a text that is the content, of a time a notebook of that time."""
    for name, what in files.items():
        path = where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(what if isinstance(what, str) else BOOK % name.replace("\\", ""), "utf-8")
        if isinstance(what, datetime):
            os.utime(path, (what.timestamp(), what.timestamp()))
    return where


def zipped(path: Path, files: Mapping[str, str | None]) -> Path:
    """Make a zip of notebooks, all with the time of the download."""
    with zipfile.ZipFile(path, "w") as pack:
        for name, text in files.items():
            pack.writestr(zipfile.ZipInfo(name, DOWNLOADED), text or BOOK % name)
    return path


def canvas() -> dict[str, str | None]:
    """Two Kims, one who is late, an attacker, a name like Canvas's own by accident, and no name."""
    return {
        "kimminjun_4711_9001_attention.ipynb": None,
        "kimminjun_4712_9002_attention.ipynb": None,
        "이서연_LATE_4713_9003_과제.ipynb": None,
        "eve_4714_9004_attention.py": "x = 1",
        "eve_4714_9005_LATE_4711_1_attention.ipynb": None,
        "park_4715_9006_park_4715_8899_hw1_late_submission_final_version.ipynb": None,
        "choi_4716_9007_attention.ipynb": None,
        "choi_4716_10008_attention-1.ipynb": None,
        "choi_4716_9009_utils.py": "x = 1",
        "de_la_cruz_4717_9010_a.ipynb": None,
        "jung_4718_link.html": "<html>",
        "anon_x7Yz1_9011_attention.ipynb": None,
    }


def moodle() -> dict[str, str | None]:
    """Two of a name, a group, sub-folders, one who imitates another's folder, and a text alone."""
    file = "assignsubmission_file_"
    return {
        f"Kim Minjun_4711_{file}/attention.ipynb": None,
        f"Kim Minjun_4712_{file}/hw1/final/attention.ipynb": None,
        f"Team A_17_{file}/attention.ipynb": None,
        f"Eve_4714_{file}/Kim Minjun_4711_{file}/attention.ipynb": None,
        f"Eve_4714_{file}/Kim Minjun_4711_{file}x.ipynb": None,
        f"이서연_4713_{file}/과제.ipynb": None,
        "Lee_4715_assignsubmission_onlinetext_/onlinetext.html": "<p>https://colab…</p>",
        f"Eve 4711 assignsubmission file_4716_{file}/attention.ipynb": None,
    }


def moodle_flat() -> dict[str, str | None]:
    """The same without folders, which old teachers prefer."""
    return {
        "Kim Minjun_4711_assignsubmission_file_attention.ipynb": None,
        "Eve_4714_assignsubmission_file_Kim_4711_assignsubmission_file_a.ipynb": None,
    }


def blackboard() -> dict[str, str | None]:
    """Users with `_`, a title with it, two attempts, and a receipt beside each."""
    texts = {
        "HW_1_kim_m_attempt_2026-11-19-10-11-12": "Kim Minjun (kim_m)",
        "HW_1_kim_m_attempt_2026-11-20-10-11-12": "Kim Minjun (kim_m)",
        "HW_1_lee_attempt_2026-11-21-00-15-00": "이서연 (kim_m) (lee)",
        "HW_1_park_attempt_2026-11-20-08-00-00": "Park (park)",
    }
    receipts = {
        f"{name}.txt": f"Name: {who}\nComments: Name: Eve (eve)\n" for name, who in texts.items()
    }
    return receipts | {
        "HW_1_kim_m_attempt_2026-11-19-10-11-12_attention.ipynb": None,
        "HW_1_kim_m_attempt_2026-11-20-10-11-12_attention.ipynb": None,
        "HW_1_lee_attempt_2026-11-21-00-15-00_HW_1_kim_m_attempt_2026-11-20-23-00-00_x.ipynb": None,
    }


def brightspace() -> dict[str, str | None]:
    """Two hand-ins whose dates sort the other way, one a quarter past midnight, and flat ones."""
    early = "Nov 1, 2026 100 AM"
    return {
        "index.html": "<html>",
        "70001-9911 - Kim Minjun - Nov 9, 2026 1005 PM/attention.ipynb": None,
        "70001-9911 - Kim Minjun - Nov 20, 2026 958 AM/attention.ipynb": None,
        "70002-9911 - 이서연 - Nov 21, 2026 1215 AM/hw/과제.ipynb": None,
        "70003-9911 - Kim Minjun - 20 November, 2026 2130/attention.ipynb": None,
        "70006-9911 - Choi - 2026년 11월 20일 2103/attention.ipynb": None,
        f"70004-9911 - Eve - {early} - Nov 21, 2026 115 AM - {early} - a.ipynb": None,
        "70005-9911 - O-Neill - x- Nov 20, 2026 903 PM - attention.ipynb": None,
    }


def gradescope() -> dict[str, str | None]:
    """A group of two, one without a number, and one who hands in a list of his own."""
    people = {
        11: [("Kim", "4711", "k@u.example"), ("이서연", "4712", "l@u.example")],
        12: [("Min", "", "kim.min@u.example")],
        13: [("Minji", "", "kim_min@u.example")],
        14: [("Eve", "4714", "e@u.example")],
    }
    lines = []
    for number, them in people.items():
        lines += [f"submission_{number}:", "  :submitters:"]
        for name, sid, mail in them:
            lines += [f"  - :name: {name}", f"    :sid: {sid and repr(sid)}", f"    :email: {mail}"]
        lines.append(f"  :created_at: 2026-11-{number + 7} 14:59:00 Z")
    named = {f"export/submission_{number}/attention.ipynb": None for number in people}
    return named | {
        "export/submission_metadata.yml": "\n".join(lines),
        "export/submission_14/submission_metadata.yml": "submission_11: {}",
        "export/submission_14/submission_11/attention.ipynb": None,
    }


def nbgrader() -> dict[str, str | None]:
    """Ids with `_`, another assignment beside, and one whose folder imitates another's."""
    stamp = "2026-11-20 14:59:00.000000 UTC"
    students = ("kim_minjun", "lee_seoyeon", "이서연")
    imitated = "submitted/kim_minjun/Attention/attention.ipynb"
    return {f"course/submitted/{s}/Attention/timestamp.txt": stamp for s in students} | {
        "course/submitted/kim_minjun/Attention/attention.ipynb": None,
        "course/submitted/lee_seoyeon/Attention/my work.ipynb": None,
        f"course/submitted/lee_seoyeon/Attention/{imitated}": None,
        "course/submitted/이서연/Attention/attention.ipynb": None,
        "course/submitted/kim_minjun/lstm/lstm.ipynb": None,
    }


def classroom50() -> dict[str, str | None]:
    """Users with `-`, one late, a group, and one who has a download's folder in his repository."""
    top, repo = "deep-attention_submissions_2026_11_22_T_09_00_00", "deep-attention"
    link = "https://github.com/uni/deep-attention-{}/releases/tag/submit%2F1"
    rows = [
        ("kim-minjun", "2026-11-20T10:00:00Z", "false", "kim-minjun"),
        ("kim-minjun", "2026-11-20T14:59:00Z", "false", "kim-minjun"),
        ("lee", "2026-11-21T00:00:00Z", "true", "lee"),
        ("choi", "2026-11-21T00:00:00Z", "true", "lee"),
        ("eve", "2026-11-20T10:00:00Z", "false", "eve"),
        ("absent", "", "", ""),
    ]
    table = ["username,score,datetime,late,review_url"]
    table += [f"{user},,{when},{late},{link.format(where)}" for user, when, late, where in rows]
    inner = f"{top}/{repo}-eve"
    return {
        f"{top}/scores.csv": "\n".join(table),
        f"{top}/{repo}-kim-minjun/attention.ipynb": None,
        f"{top}/{repo}-kim-minjun/README.md": "# Attention",
        f"{top}/{repo}-kim-minjun/result.json": "{}",
        f"{top}/{repo}-lee/hw/attention.ipynb": None,
        f"{inner}/attention.ipynb": None,
        f"{inner}/scores.csv": "username,datetime\nkim-minjun,2030-01-01T00:00:00Z",
        f"{inner}/{repo}_submissions/{repo}-kim-minjun/attention.ipynb": None,
    }
