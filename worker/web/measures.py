"""`/metrics` for Prometheus: what this process counts, what lies in the database, what this machine has."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

from aiohttp import web

from worker import metrics
from worker.core import certificate
from worker.core.instant import SECOND
from worker.core.wellbeing import MOST
from worker.metrics import Machine, Standing
from worker.settings import Settings
from worker.store import declarations, events, mailboxes, milestones, outbox_counts, progress, relays, restoring
from worker.store.engine import StoreUnavailable, Tx
from worker.store.milestones import Milestone
from worker.store.relays import RELAY
from worker.web.health import READY_SECONDS
from worker.web.hub import HubServer


async def get_metrics(hub: HubServer, request: web.Request) -> web.Response:
    """Counts for Prometheus: of this process since its start, and of what lies in the database now."""
    now, mailbox = hub.clock.now(), hub.settings.inbound.imap_url is not None
    metrics.show_machine(hub.metrics, await asyncio.to_thread(_machine, hub.settings))
    try:
        async with asyncio.timeout(READY_SECONDS):
            standing = await hub.store.read(partial(_standing, now=now, mailbox=mailbox))
        metrics.show_standing(hub.metrics, standing)
    except (StoreUnavailable, TimeoutError):
        metrics.hide_standing(hub.metrics)
    return web.Response(body=metrics.render(hub.metrics), headers={"Content-Type": metrics.CONTENT_TYPE})


async def _standing(tx: Tx, now: int, mailbox: bool) -> Standing:
    held = {"events": await events.counts(tx), "transactions": await progress.counts(tx)}
    held["declarations"] = {"open": await declarations.count_open(tx, MOST)}
    relay = await relays.by_name(tx, RELAY)
    series, backup = await restoring.series(tx), await milestones.last(tx, Milestone.BACKUP)
    since = {"mail": await outbox_counts.oldest_due(tx, now), "event": await events.oldest_waiting(tx)}
    read_at = await mailboxes.last_read(tx) if mailbox else None
    return Standing(
        outbox=await outbox_counts.unsettled(tx),
        held=held,
        relay_paused=relay.paused,
        numbers_held=series.held_at is not None,
        backed_up_at=backup.at / SECOND if backup else 0.0,
        oldest={what: max(now - at, 0) / SECOND if at is not None else 0.0 for what, at in since.items()},
        mailbox_read_at=(read_at or 0) / SECOND if mailbox else None,
    )


def _machine(settings: Settings) -> Machine:
    file, chain = settings.database.path, settings.inbound.tls_cert
    ends_at = _ends_at(chain) if chain is not None else None
    return Machine(_free(file.parent) if file is not None else None, ends_at / SECOND if ends_at else None)


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _ends_at(chain: Path) -> int | None:
    try:
        return certificate.ends_at(chain.read_bytes())
    except OSError:
        return None
