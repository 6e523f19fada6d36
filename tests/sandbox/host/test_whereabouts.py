"""Of what a worker says about where it is, only places in a notebook are taken over."""

import os

from grader.sandbox.host import whereabouts as there
from grader.sandbox.host.whereabouts import MOST_FRAMES, traceback, whereabouts

SAID = """\
Stack (most recent call first):
  File "/usr/lib/python3/site-packages/torch/nn.py", line 70 in conv
  File "code cell 3", line 7 in helper
  File "code cell 2", line 5 in double
  File "/grader/sandbox/guest/worker.py", line 44 in serve
"""


def test_the_students_frames_stand_as_in_a_traceback_the_innermost_last():
    assert traceback(SAID).split("\n") == [
        "Traceback (most recent call last):",
        '  File "code cell 2", line 5, in double',
        '  File "code cell 3", line 7, in helper',
    ]


def test_what_names_no_place_in_a_notebook_says_nothing():
    for said in (
        "",
        "Stack",
        "<script>",
        '  File "code cell -1", line 5 in f',
        '  File "code cell 1", line 99999999 in f',
        '  File "/etc/passwd", line 1 in f',
    ):
        assert traceback(said) == ""


def test_a_forged_answer_is_short():
    frame = f'  File "code cell 1", line 1 in {"x" * 100}\n'
    assert len(traceback(frame * 10_000).split("\n")) == 1 + MOST_FRAMES
    assert traceback(f'  File "code cell 1", line 1 in {"x" * 101}\n') == ""


def test_a_process_that_has_ended_or_is_silent_costs_no_error(monkeypatch, tmp_path):
    monkeypatch.setattr(there, "PATIENCE", 0.02)
    output = os.open(tmp_path / "output", os.O_RDWR | os.O_CREAT)
    asked = []

    def signalled(pidfd, number):
        asked.append(pidfd)
        if pidfd == 1:
            raise ProcessLookupError

    monkeypatch.setattr(there.signal, "pidfd_send_signal", signalled)
    assert whereabouts(1, output, 100) == "" == whereabouts(2, output, 100)
    assert asked == [1, 2]
    os.close(output)
