"""What the operating system asks of a running program: to stop, or to read its settings anew."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress


def on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """Call `stop` at SIGTERM, SIGINT and the end of the terminal; `reload` at any other SIGHUP."""
    at_terminal = _has_terminal()

    def hung_up() -> None:
        """A terminal that was closed says the same as who asks for new settings, but is there no more."""
        if at_terminal and not _has_terminal():
            stop()
        else:
            reload()

    loop, heard = asyncio.get_running_loop(), {signal.SIGTERM: stop, signal.SIGINT: stop}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: run on when the terminal is closed
        heard[signal.SIGHUP] = hung_up
    for number, act in heard.items():
        with suppress(NotImplementedError, RuntimeError):  # not in the main thread: whoever runs us stops us
            loop.add_signal_handler(number, act)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
