"""All checks, in the order in which they are told: what others build on comes first."""

import asyncio
from collections.abc import AsyncGenerator

from worker import journal
from worker.checks.agreement import check_agreement
from worker.checks.clocks import check_clock
from worker.checks.database import check_database
from worker.checks.finding import Area, Finding
from worker.checks.kept import check_kept
from worker.checks.listeners import check_listeners
from worker.checks.mailbox import check_mailbox
from worker.checks.names import check_names
from worker.checks.providers import check_providers
from worker.checks.public import check_public
from worker.checks.receipt import check_receipt
from worker.checks.relay import check_relay
from worker.checks.scene import Scene

AREAS = (
    check_agreement,
    check_database,
    check_kept,
    check_relay,
    check_mailbox,
    check_listeners,
    check_public,
    check_names,
    check_providers,
    check_receipt,
)


async def checked(scene: Scene) -> AsyncGenerator[list[Finding], None]:
    """The findings of each area, once it is done; all are tried at a time, for most of them wait for somebody."""
    tasks = [asyncio.create_task(area(scene), name=area.__name__) for area in AREAS]
    try:
        for task in tasks:
            yield await _settled(task)
        yield [await check_clock(scene)]
    finally:
        for task in tasks:
            task.cancel()


async def _settled(task: asyncio.Task[list[Finding]]) -> list[Finding]:
    """A check that fails itself keeps no other from being told."""
    try:
        return await task
    except Exception as error:
        journal.unexpected("check", error, item=task.get_name())
        text = f"{task.get_name()} fell over itself: {type(error).__name__}"
        return [Area("check").wrong("fault", text, "please report it, with the journal's line")]
