"""Beyond this machine a scheduler is spoken to under TLS alone, unless plain tcp is asked for."""

from pathlib import Path

import pytest

from grader.judging.job import CannotJudge
from grader.judging.scheduler import Scheduler

HERE = ["tcp://127.0.0.1:8786", "tcp://127.9.9.9:1", "tcp://localhost:8786", "tcp://[::1]:8786"]
ELSEWHERE = [
    "tcp://10.0.0.1:8786", "10.0.0.1:8786", "tcp://0.0.0.0:8786", "tcp://scheduler:8786",
    "tcp://localhost.example.edu:1", "tcp://[2001:db8::1]:1", "tcp://127.0.0.1@10.0.0.1:1",
    "tcp://[::1", "tcp://",
]  # fmt: skip
CERT = Path("cert.pem")


@pytest.mark.parametrize("address", HERE)
def test_this_machine_is_spoken_to_in_plain_tcp(address):
    assert Scheduler(address).security is None


def test_an_address_without_a_protocol_is_tcp():
    assert Scheduler("localhost:8786").address == "tcp://localhost:8786"


@pytest.mark.parametrize("address", ELSEWHERE)
def test_another_machine_is_not_unless_it_is_said(address):
    with pytest.raises(CannotJudge, match=r"tcp is not encrypted.*--plain-tcp"):
        Scheduler(address)
    assert Scheduler(address, plain=True).security is None


@pytest.mark.parametrize("address", ["ucx://10.0.0.1:8786", "inproc://1", "TLS://10.0.0.1:1"])
def test_another_protocol_is_refused(address):
    with pytest.raises(CannotJudge, match="is not tls://HOST:PORT or tcp://HOST:PORT"):
        Scheduler(address, plain=True)


def test_under_tls_nothing_is_said_without_encryption():
    made = Scheduler("tls://10.0.0.1:8786", CERT, Path("mine.pem"), Path("key.pem"))
    assert made.security == {
        "require_encryption": True, "tls_ca_file": "cert.pem", "tls_client_cert": "mine.pem",
        "tls_client_key": "key.pem",
    }  # fmt: skip
    assert Scheduler("tls://10.0.0.1:8786").security == {"require_encryption": True}


@pytest.mark.parametrize("plain", [True, False])
def test_certificates_for_plain_tcp_are_a_mistake(plain):
    with pytest.raises(CannotJudge, match=r"is not encrypted: start scheduler and workers with"):
        Scheduler("tcp://127.0.0.1:8786", CERT, plain=plain)
