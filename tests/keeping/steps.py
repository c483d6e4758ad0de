"""`letterkey` commands run by forks of one process that has everything loaded, and killed at a step where wanted.

    python steps.py        reads {"step": n, "words": […]} a line, answers {"code": c, "said": "…"} a line

A step is something done to a file, a folder, a database or a program; step 0 is never reached.
"""

import json
import os
import signal
import sys
import tempfile
from typing import Any

_STEPS = {"os.rename", "os.mkdir", "os.remove", "os.link", "os.rmdir", "sqlite3.connect", "subprocess.Popen"}


def main() -> None:
    from worker import cli  # what costs most is loaded once
    from worker.commands import backup, restore  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryFile() as said:
            child = os.fork()
            if not child:
                _command(cli, asked["step"], asked["words"], said.fileno())
            _, status = os.waitpid(child, 0)
            said.seek(0)
            told = {"code": os.waitstatus_to_exitcode(status), "said": said.read().decode()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _command(cli: Any, step: int, words: list[str], said: int) -> None:
    os.dup2(said, 1)
    os.dup2(said, 2)
    left = step

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _STEPS or (event == "open" and arguments[1] is None):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    sys.argv[1:] = words
    code = cli.main()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
