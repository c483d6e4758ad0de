"""The `letterkey` commands: their table, and how each way to end becomes an exit code.

0: done. 1: it could not be done, or not all of it. 2: what was typed, or a setting, is wrong and nothing was begun.
"""

import sys

from cyclopts import App, CycloptsError, Group

from worker import __version__, journal
from worker.commands import (
    backup,
    check,
    console,
    customer,
    demo,
    enqueue,
    events,
    healthy,
    importing,
    init,
    mails,
    restore,
    running,
    scan_test,
    status,
    terminal,
)
from worker.commands.opening import AskedWrongly, CantGoOn
from worker.commands.terminal import complain
from worker.keeping.manifest import Refused
from worker.settings import SettingsError
from worker.store.engine import StoreRefused, StoreUnavailable

DONE, FAILED, WRONG = 0, 1, 2
INTERRUPTED = 130

_HELP = """Receipts for every sale, and a page of their purchases that customers open by email.

Settings come from ./letterkey.toml or the file that --config names, and from LETTERKEY_… variables.
"""


def main() -> int:
    """Run the command that was typed; returns its exit code."""
    terminal.prepare()
    journal.configure("warning")
    try:
        code = letterkey()(sys.argv[1:], result_action="return_value", exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else DONE
    except BrokenPipeError:
        return _reader_is_gone()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _failed(error)


def letterkey() -> App:
    """The table of commands."""
    start, sales, look, keep = (
        Group(name, sort_key=place)
        for place, name in enumerate(("Start", "Sales in, receipts out", "Look and put right", "Once in a while"))
    )
    more = Group("More", sort_key=9)
    app = App(
        name="letterkey", help=_HELP, version=f"letterkey {__version__}", help_format="markdown", group_commands=more
    )
    app.command(demo.demo, group=start)
    app.command(init.init, group=start)
    app.command(check.check, group=start)
    app.command(running.run, group=start)
    app.command(enqueue.enqueue, group=sales)
    app.command(importing.import_, name="import", group=sales)
    app.command(mails.test_receipt, group=sales)
    app.command(mails.resend, group=sales)
    app.command(status.status, group=look)
    app.command(healthy.healthy, group=look)
    app.command(mails.mails, group=look)
    app.command(customer.commands(look))
    app.command(events.commands(look))
    app.command(running.hub_link, group=keep)
    app.command(console.console_link, group=keep)
    app.command(running.migrate, group=keep)
    app.command(backup.backup, group=keep)
    app.command(restore.restore, group=keep)
    app.command(scan_test.scan_test, group=keep)
    return app


def _reader_is_gone() -> int:
    """`letterkey mails … | head` has read enough. Nothing more is written, also not while Python ends."""
    sys.stdout = None
    return DONE


def _failed(error: Exception) -> int:
    # A face that fails comes wrapped: the innermost error is what happened.
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    code, words = _said(error)
    complain(f"letterkey: {words}")
    return code


def _said(error: Exception) -> tuple[int, str]:
    """The exit code, and what to tell."""
    match error:
        case CycloptsError():
            return WRONG, f"{error}\nletterkey --help shows what can be asked for."
        case AskedWrongly() | SettingsError() | CantGoOn() | Refused():
            return FAILED if isinstance(error, CantGoOn | Refused) else WRONG, str(error)
        case StoreRefused():
            return FAILED, f"the database can't be used: {error}"
        case StoreUnavailable():
            return FAILED, f"the database can't take it now: {error}. Nothing was changed; try again later."
        case OSError(filename=str(name)):
            return FAILED, f"{name}: {error.strerror}"
        case _:
            journal.unexpected("command", error)
            return FAILED, f"unexpected {type(error).__name__}; the journal's line above says where."
