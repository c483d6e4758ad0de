"""`healthy`: whether the worker of these settings is ready, for containers and scripts."""

import http.client

from worker.commands.opening import AskedWrongly, Config, settings_of
from worker.commands.terminal import complain, say
from worker.settings import Listen

PATIENCE = 5.0
"""Seconds: /readyz itself gives up on a database after two."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where it listens, not where we do


def healthy(*, config: Config = None) -> int:
    """Ask the running worker whether it is ready: the doors are open and the database answers.

    It asks /readyz at ops.listen, and exits with 1 where it isn't ready, or not there.

    For example:

        letterkey healthy
    """
    listen = settings_of(config).ops.listen
    if listen is None:
        raise AskedWrongly("ops.listen is empty: the worker tells nobody whether it is ready. Set it to host:port.")
    status, words = _asked(listen)
    if status != 200:
        complain(f"letterkey: not ready: {words}")
        return 1
    say(words)
    return 0


def _asked(listen: Listen) -> tuple[int, str]:
    connection = http.client.HTTPConnection(_EVERYWHERE.get(listen.host, listen.host), listen.port, timeout=PATIENCE)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(1_000).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"nobody answers at {listen} ({type(error).__name__})"
    finally:
        connection.close()
