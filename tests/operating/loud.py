"""The program with the journal at its loudest, in Python's development mode: for what a developer would see."""

import sys
from typing import TextIO

from worker import cli, journal

configure = journal.configure


def loudly(level: str = "debug", *, human: bool = False, stream: TextIO | None = None) -> None:
    configure("debug", human=human, stream=stream)


if __name__ == "__main__":
    journal.configure = loudly
    sys.argv = ["letterkey", *sys.argv[sys.argv.index("worker") + 1 :]]
    sys.exit(cli.main())
