"""The server's socket."""

import socket

from grader.view.serve import LOOPBACK, listen


def test_it_listens_here_alone_and_no_packet_waits_for_the_one_before():
    with listen(0) as listening:
        assert listening.getsockname()[0] == LOOPBACK
        with socket.create_connection(listening.getsockname()) as browser:
            ours, _ = listening.accept()
            with ours:
                assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert browser.getpeername() == listening.getsockname()
