"""Ports on loopback that nobody listens on."""

import itertools
import os
import socket

_FIRST, _COUNT = 20_000, 12_000
"""Below the ports that the kernel gives to outgoing connections (from 32,768 on): none of those can take one."""
_next = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """Free now, and not handed out twice by one process soon; what can listen on port 0 should do that instead."""
    for number in itertools.islice(_next, _COUNT):
        port = _FIRST + number % _COUNT
        with socket.socket() as probe:
            # As servers bind: a port whose last connection only waits for its end is free for them.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("all ports are taken")
