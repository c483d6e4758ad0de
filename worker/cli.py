"""The `letterkey` commands: their table, and how each way to end becomes an exit code.

0: done. 1: it could not be done, or not all of it. 2: what was typed, or a setting, is wrong and nothing was begun.
"""

import sys
from functools import partial
from typing import Any

from cyclopts import App, CycloptsError, Group

from worker import __version__, journal
from worker.commands import terminal
from worker.commands.terminal import complain

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
        code = _table(sys.argv[1:])(sys.argv[1:], result_action="return_value", exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else DONE
    except BrokenPipeError:
        return _reader_is_gone()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _failed(error)


def _table(typed: list[str]) -> App:
    """The table for what was typed: help tells what each command does, so it needs all that it tells of."""
    app = letterkey()
    if not typed or not {"--help", "-h"}.isdisjoint(typed):
        app.resolved_commands()
    for group in ("actions", "customer", "events", "keys"):
        if not typed or group in typed:
            app[group].resolved_commands()
    return app


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
    add = partial(_add, app)
    add("demo:demo", group=start)
    add("init:init", group=start)
    add("check:check", group=start)
    add("connect:connect", group=start)
    add("running:run", group=start)
    add("enqueue:enqueue", group=sales)
    add("importing:import_", name="import", group=sales)
    add("mails:test_receipt", group=sales)
    add("mails:resend", group=sales)
    add("status:status", group=look)
    add("healthy:healthy", group=look)
    add("mails:mails", group=look)
    app.command(_customer(look))
    app.command(_events(look))
    app.command(_actions(look))
    add("running:hub_link", group=keep)
    add("console:console_link", group=keep)
    add("running:migrate", group=keep)
    app.command(_keys(keep))
    add("backup:backup", group=keep)
    add("restore:restore", group=keep)
    add("scan_test:scan_test", group=keep)
    return app


def _customer(group: Group) -> App:
    """`customer` and what stands below it."""
    app = App(name="customer", help="Show a customer, or correct a mistyped address.", group=group)
    _add(app, "customer:show")
    _add(app, "customer:fix_email")
    return app


def _events(group: Group) -> App:
    """`events` and what stands below it."""
    about = "Look at providers' raw events and at transactions that wait, and have one tried again."
    app = App(name="events", help=about, group=group)
    _add(app, "events:list_", name="list")
    _add(app, "events:show")
    _add(app, "events:requeue")
    return app


def _actions(group: Group) -> App:
    """`actions` and what stands below it."""
    about = "Look at what providers are asked to do for customers, and have one asked again."
    app = App(name="actions", help=about, group=group)
    _add(app, "actions:list_", name="list")
    _add(app, "actions:show")
    _add(app, "actions:again")
    return app


def _keys(group: Group) -> App:
    """`keys` and what stands below it."""
    app = App(name="keys", help="Show the keys that sign links, make a new one, retire an old one.", group=group)
    _add(app, "keys:show")
    _add(app, "keys:rotate")
    _add(app, "keys:retire")
    return app


def _add(app: App, where: str, **more: Any) -> None:
    """A command by its module and function. It is imported when it is typed: each needs little of the whole."""
    app.command(f"worker.commands.{where}", **more)


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
    from worker.commands.opening import AskedWrongly, CantGoOn  # here: `--version` and `--help` need none of it
    from worker.keeping.manifest import Refused
    from worker.settings import SettingsError
    from worker.store.engine import StoreRefused, StoreUnavailable

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
