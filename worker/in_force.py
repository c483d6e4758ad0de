"""What is in force: the settings, and all that the faces are made of by them, built as a whole.

A face asks what is in force for each request, mail and receipt, so that nothing works with half old and half new.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial

from worker import journal
from worker.asking.card_page import card_page
from worker.asking.logins import Logins
from worker.clock import Clock
from worker.exit.preview import preview
from worker.exit.provider_calls import Calls
from worker.hub_server import HubServer
from worker.inbound import Inbound
from worker.metrics import Metrics
from worker.net.fetch import fetch
from worker.net.supervisor import Supervisor
from worker.outbound import Exit
from worker.render.stationery import Stationery
from worker.settings import Settings, SettingsError, keeping_fixed, load_or_make_keys, overlay
from worker.sources import SOURCES
from worker.store import made_settings
from worker.store.engine import Store
from worker.transactions import TransactionQueue
from worker.wiring.inbound import inbound_of
from worker.wiring.letters import brand_of, stationery_of, writer_of
from worker.wiring.policy import access_policy_of, policy_of
from worker.wiring.provider_actions import hearing_of, ways_of
from worker.wiring.relay import relay_of
from worker.wiring.transactions import queue_of


@dataclass(frozen=True, slots=True)
class Ground:
    """What stays while the program runs. `awaited` are the faces that aren't up yet; `logins` ask providers."""

    store: Store
    clock: Clock
    metrics: Metrics
    faces: Collection[str]
    supervisor: Supervisor
    awaited: set[str]
    logins: Logins
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class InForce:
    """What the faces work with; one that doesn't run here has nothing, only the web's is always there.

    `beneath` are the settings without what was made in the console, `revision` says up to where that is in them.
    """

    settings: Settings
    beneath: Settings
    revision: int
    stationery: Stationery
    hub: HubServer
    queue: TransactionQueue | None
    exit: Exit | None
    calls: Calls | None
    inbound: Inbound | None


async def build(ground: Ground, beneath: Settings, stationery: Stationery | None, before: InForce | None) -> InForce:
    """All of it, from these settings with what was made over them; without `stationery` templates are read anew.

    Raises SettingsError, and StoreUnavailable.
    """
    made = await ground.store.read(made_settings.made_settings)
    over = overlay(beneath, made.values)
    for ignored in over.ignored:
        journal.setting_ignored(setting=ignored.name, reason=ignored.text)
    if problems := over.settings.problems_for_run(ground.faces):  # as a start would find them
        raise SettingsError(problems)
    settings = keeping_fixed(over.settings, before.settings) if before else over.settings
    # In a thread: compiling the templates for new colours takes a good part of a second.
    hub = await asyncio.to_thread(_hub, ground, settings, stationery, before)
    exit_ = _exit(ground, hub) if "outbound" in ground.faces else None
    means = (ground.store, ground.clock, ground.metrics)
    return InForce(
        settings=settings,
        beneath=beneath,
        revision=made.revision,
        stationery=hub.stationery,
        hub=replace(hub, beneath=beneath, preview=_previewing(ground, hub)),
        queue=queue_of(settings, hub.keys, means, ground.logins) if "transactions" in ground.faces else None,
        exit=exit_,
        calls=_calls(ground, hub) if exit_ is not None else None,
        inbound=inbound_of(settings, hub.keys, means) if "inbound" in ground.faces else None,
    )


def _hub(ground: Ground, settings: Settings, stationery: Stationery | None, before: InForce | None) -> HubServer:
    keys, brand = load_or_make_keys(settings), brand_of(settings)
    papers = stationery_of(settings, brand) if stationery is None else stationery.for_brand(brand)
    access, policy = access_policy_of(settings), policy_of(settings)
    settings.given_at(("business", "name"))  # finding the file's lines takes a while, once; the console shows them
    if before is not None:  # it goes on counting who asks for what
        changed = replace(before.hub, settings=settings, keys=keys, stationery=papers, brand=brand)
        return replace(changed, access=access, policy=policy, ways=ways_of(settings))
    return HubServer(
        store=ground.store,
        clock=ground.clock,
        settings=settings,
        keys=keys,
        stationery=papers,
        brand=brand,
        sources=SOURCES,
        policy=policy,
        ways=ways_of(settings),
        metrics=ground.metrics,
        access=access,
        fetch=fetch,
        card_page=partial(card_page, ground.logins, ground.clock.now),
        awaited=ground.awaited,
        stopping=ground.stopping,
    )


def _previewing(ground: Ground, hub: HubServer) -> Callable[[str], Awaitable[str | None]]:
    """How a merchant sees a mail; nothing where no sender is set, for then there are no mails."""
    if hub.settings.mail.from_ is None:
        return hub.preview
    writer = writer_of(hub.settings, hub.keys, hub.stationery, hub.brand)
    return partial(preview, ground.store, writer)


def _exit(ground: Ground, hub: HubServer) -> Exit:
    settings = hub.settings
    assert settings.mail.smtp_url is not None, "run refuses to start without mail.smtp_url"
    return Exit(
        store=ground.store,
        clock=ground.clock,
        policy=policy_of(settings),
        writer=writer_of(settings, hub.keys, hub.stationery, hub.brand),
        relay=relay_of(settings.mail.smtp_url),
        metrics=ground.metrics,
        alone=settings.database.kind == "sqlite",
    )


def _calls(ground: Ground, hub: HubServer) -> Calls:
    return Calls(
        store=ground.store,
        clock=ground.clock,
        logins=ground.logins,
        hearing=hearing_of(hub.settings, hub.policy),
        metrics=ground.metrics,
        alone=hub.settings.database.kind == "sqlite",
    )
