"""`demo`: a made-up shop to look at, on the real worker."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker import journal
from worker.commands.opening import AskedWrongly
from worker.commands.running import run_worker
from worker.commands.terminal import say

FOLDER = Path("data/state/demo")


def demo(
    *,
    keep: Annotated[bool, Parameter(help="Go on with the last demo's sales", negative="")] = False,
    state_dir: Annotated[Path, Parameter(help="The demo's own folder")] = FOLDER,
) -> int:
    """Show Letterkey at work: a made-up shop, sample sales, and a mailbox to read the receipts in.

    Nothing leaves this machine, and none of your settings is used. Each start begins afresh.

    For example:

        letterkey demo
        letterkey demo --keep
    """
    from worker.demo.places import DemoRefused
    from worker.demo.show import Show, run_demo

    journal.configure("warning", human=True)
    show = Show(state_dir, keep, _command(), say)
    try:
        run_worker(run_demo(show))
    except DemoRefused as error:
        raise AskedWrongly(str(error)) from None
    return 0


def _command() -> str:
    """Letterkey as it was called, to be pasted."""
    program = Path(sys.argv[0])
    return shlex.join([sys.executable, "-m", "worker"]) if program.name == "__main__.py" else shlex.quote(str(program))
