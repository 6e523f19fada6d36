"""`grader view` teaches what it does, listens on loopback alone, ends by Ctrl-C, loses nothing."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.cli.view import command
from grader.model.standing import Override
from grader.store.store import NAME, Store
from tests.view.conftest import CLASS, fill


class Session:
    """A server as a process of its own, and the browser that it lets in."""

    def __init__(self, folder: Path) -> None:
        words = ["view", f"{folder}", "--no-browser", "--as", "Kim"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader.cli.main", *words], stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip
        assert self.process.stdout is not None
        self.out = self.process.stdout
        self.entrance = urlsplit(self.out.readline().strip())
        self.host = self.entrance.netloc
        self.cookie = ""
        (cookie,) = self.ask(f"{self.entrance.path}?{self.entrance.query}")[2]
        self.cookie = cookie.partition(";")[0]

    def ask(self, path: str, **form: str) -> tuple[int, str, list[str]]:
        """Return status, body, and cookies that are set; a form is posted."""
        connection = http.client.HTTPConnection(self.host)
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        connection.request("POST" if form else "GET", path, urlencode(form) or None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, text, answer.headers.get_all("set-cookie") or []

    def decide(self, name: str, points: str) -> int:
        listed = self.ask("/?by=name")[1]
        (handle,) = re.findall(rf'<a href="/student/(\w+)\?[^"]*">{name}</a>', listed)
        page = self.ask(f"/student/{handle}?on=split_heads")[1]
        (seen,) = {*re.findall(r'name="seen" value="(\d+)"', page)}
        return self.ask(
            f"/student/{handle}", student=handle, question="split_heads", points=points,
            comment="", seen=seen, on="split_heads", then="stay",
        )[0]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path, CLASS)
    return tmp_path


@pytest.mark.whole
def test_what_was_acknowledged_survives_a_kill_and_ctrl_c_ends_with_all_files_written(folder):
    first = Session(folder)
    assert first.decide("ada", "2") == first.decide("bob", "3") == first.decide("ada", "4") == 303
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    with Store(folder / NAME) as store:
        kept = {entry.student: entry.overrides for entry in store.entries() if entry.overrides}
        assert store.db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert kept == {"ada": (Override("split_heads", 4),), "bob": (Override("split_heads", 3),)}
    second = Session(folder)
    assert "set by hand: split_heads" in second.ask("/?by=name")[1]
    address = socket.gethostbyname(socket.gethostname())
    port = int(second.host.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    found = re.findall(rf"^\s*\d+: (\w+):{port:04X} \w+:0000 0A", listening, re.MULTILINE)
    assert found == ["0100007F"], f"127.0.0.1 alone, not {address}"
    assert second.decide("cem", "1") == 303
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(30) == 0
    assert "Everything that you have decided is kept." in second.out.read()
    assert '"score": 4' in (folder / "ada" / "results.json").read_text("utf-8")
    assert (folder / "report.html").exists()


def test_a_folder_without_anything_judged_is_told_what_to_do(tmp_path):
    Store(tmp_path / NAME, make=True).__exit__()
    result = CliRunner().invoke(main, ["view", f"{tmp_path}"])
    assert result.exit_code == 2 and "Nothing is judged in" in result.output


def test_without_its_packages_it_says_how_to_get_them(folder, monkeypatch):
    for name in ("grader.view.desk", "grader.view.serve", "starlette"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "starlette.requests", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(main, ["view", f"{folder}"])
    assert result.exit_code == 2 and "pip install 'torch-grader[view]'" in result.output


def test_a_port_that_is_taken_is_a_sentence(folder):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(main, ["view", f"{folder}", "--port", f"{port}"])
    assert result.exit_code == 4 and "Error:" in result.output


def test_the_command_that_judges_again_is_there(tmp_path):
    words = [*command(tmp_path), "regrade", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "Judge submissions in OUT again" in said


def test_its_help_says_what_it_is_for_and_how_it_ends():
    said = " ".join(CliRunner().invoke(main, ["view", "--help"]).output.split())
    for words in ("Ctrl-C ends it", "works once", "grader override", "--as", "--port"):
        assert words in said


def test_requests_are_read_before_anything_is_served(folder, monkeypatch):
    desks = []
    monkeypatch.setattr("grader.view.serve.serve", lambda desk, *_: desks.append(desk))
    table = folder / "form.csv"
    table.write_text("id,question\nbob,split_heads\n")
    words = ["view", f"{folder}", "--no-browser", "--requests", f"{table}"]
    assert CliRunner().invoke(main, words).exit_code == 0
    (request,) = desks[0].requests.inbox.requests
    assert (request.about.student, request.place) == ("bob", "form.csv:2")
    desks[0].__exit__()
    table.write_bytes(b"PK\x03\x04")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2 and "this is a workbook" in result.output and len(desks) == 1
