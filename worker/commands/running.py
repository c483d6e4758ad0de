"""`run`, `migrate` and `hub-link`: the worker itself, its database, and where customers go."""

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from typing import Annotated

from cyclopts import Parameter

from worker import journal
from worker.clock import now
from worker.commands.opening import AskedWrongly, Config, settings_of
from worker.commands.terminal import counted, say
from worker.net.supervisor import supervisor_of
from worker.store.opening import open_and_migrate

Only = Annotated[str | None, Parameter(help="Some parts only, with commas: hub, inbound, transactions, outbound")]


def run(*, only: Only = None, config: Config = None) -> int:
    """Run the worker until SIGTERM or Ctrl-C.

    It takes in sales, mails the receipts and serves the web pages. What happens is told on standard error, one JSON
    line each. On PostgreSQL its parts can run as several processes, on several machines. SIGHUP has it read its
    settings anew.

    For example:

        letterkey run
        letterkey run --config /etc/letterkey.toml
        letterkey run --only hub
    """
    from worker import app  # here, for it brings everything

    faces = app.FACES if only is None else _faces(only, app.FACES)
    settings = settings_of(config)
    journal.configure()
    around = app.Around(supervisor=supervisor_of(os.environ), reread=lambda: settings_of(config))
    run_worker(app.run(settings, faces, around))
    return 0


def run_worker(worker: Coroutine[None, None, None]) -> None:
    """Run it to its end on the fastest event loop there is."""
    from worker.hub_server import CannotListen

    gc.freeze()  # what was imported stays: the collector need not look at it over and over
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(worker)
    except CannotListen as error:
        raise AskedWrongly(f"can't listen on {error} (hub.listen, ops.listen)") from None


def _faces(only: str, known: tuple[str, ...]) -> tuple[str, ...]:
    faces = tuple(dict.fromkeys(each.strip() for each in only.split(",") if each.strip()))
    unknown = [face for face in faces if face not in known]
    if unknown or not faces:
        raise AskedWrongly(f"--only {only}: write one or more of {', '.join(known)}, with commas between them")
    return faces


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it is installed, else Python's own event loop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def migrate(*, config: Config = None) -> int:
    """Bring the database up to date; "run" does so by itself at its start.

    For example:

        letterkey migrate
    """
    return asyncio.run(_migrate(config))


async def _migrate(config: Config) -> int:
    store, done = await open_and_migrate(settings_of(config).database.url.get_secret_value(), now)
    await store.close()
    for step in done:
        say(f"{step.number:04} {step.name.replace('_', ' ')}")
    say(f"{counted(len(done), 'step', 'steps')} done." if done else "The database is up to date.")
    return 0


def hub_link(*, config: Config = None) -> int:
    """Print the page where customers ask for the link to their purchases, to put on your web site.

    For example:

        letterkey hub-link
    """
    say(f"{settings_of(config).base_url}/updateinfo/")
    return 0
