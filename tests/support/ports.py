"""Ports on loopback that nobody listens on."""

import socket


def free_port() -> int:
    """Free now; another process may take it, so what can listen on port 0 should do that instead."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
