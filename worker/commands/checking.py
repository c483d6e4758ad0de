"""What `check` does: look at everything, tell it line by line, and look again where that is asked for."""

import asyncio
import json as json_text
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict

from worker.checks import agreement, everything
from worker.checks.database import with_made
from worker.checks.finding import Finding, Verdict
from worker.checks.scene import Scene
from worker.clock import system_clock
from worker.commands.check_options import How
from worker.commands.opening import Config
from worker.commands.terminal import counted, say, say_marked
from worker.net.dns import NoResolver
from worker.net.web_call import calling
from worker.settings import Keys, Settings, SettingsError, find_config, kept_keys, load_settings
from worker.store.condition import condition_of
from worker.wiring.inbound import resolver_of

WAITS = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between two looks with --wait: at first one mends what is at hand, then DNS takes its time."""
MOST_LOOKS = 120
"""An hour of them."""
_SYMBOLS = {Verdict.WORKS: "✓", Verdict.LOOK: "!", Verdict.WRONG: "✗", Verdict.UNTRIED: "·"}
_COLOURS = {Verdict.WORKS: 32, Verdict.LOOK: 33, Verdict.WRONG: 31, Verdict.UNTRIED: 2}
_INDENT = " " * 13


async def check_all(config: Config, how: How) -> int:
    """The exit code: 1 if anything is wrong."""
    for look in range(MOST_LOOKS):
        found = await _look(config, how)
        if how.json:
            say(_as_json(found))
        wrong = [each for each in found if each.verdict is Verdict.WRONG]
        if not wrong or not how.wait:
            break
        seconds = WAITS[min(look, len(WAITS) - 1)]
        if not how.json:
            say(f"\nLooks again in {seconds:.0f} seconds; Ctrl-C ends it.\n")
        await asyncio.sleep(seconds)
    return int(bool(wrong))


async def _look(config: Config, how: How) -> list[Finding]:
    """One look at everything; people are told as it goes on, for some of it takes seconds."""
    found: list[Finding] = []
    async with aclosing(_areas(config, how)) as areas:
        async for several in areas:
            found += several
            for each in several if not how.json else ():
                _tell(each)
    for line in _ending(found) if not how.json else ():
        say(line)
    return found


async def _areas(config: Config, how: How) -> AsyncGenerator[list[Finding], None]:
    try:
        async with _scene(config, how) as scene, aclosing(everything.checked(scene)) as areas:
            async for several in areas:
                yield several
    except SettingsError as error:
        yield agreement.unreadable(error)


@asynccontextmanager
async def _scene(config: Config, how: How) -> AsyncIterator[Scene]:
    """Raises SettingsError where there is nothing to begin with."""
    file = find_config(config)
    beneath, clock = load_settings(file, os.environ), system_clock()
    condition = await condition_of(beneath.database.url.get_secret_value(), deep=how.deep)
    over = await with_made(beneath, condition, clock)
    settings = over.settings
    keys, problems = _keys(settings)
    resolver, unasked = None, ""
    try:
        resolver = resolver_of(settings)
    except NoResolver as error:
        unasked = str(error)
    async with calling(resolver if settings.dns.servers else None) as call:
        yield Scene(
            settings=settings,
            ignored=over.ignored,
            condition=condition,
            file=file,
            keys=keys,
            clock=clock,
            call=call,
            resolver=resolver,
            unasked=unasked,
            deep=how.deep,
            test_receipt=how.test_receipt,
            problems=problems,
        )


def _keys(settings: Settings) -> tuple[Keys | None, tuple[str, ...]]:
    try:
        return kept_keys(settings), ()
    except SettingsError as error:
        return None, error.problems


def _tell(finding: Finding) -> None:
    """`✗ wrong      relay, login: …`, and what to do."""
    mark = f"{_SYMBOLS[finding.verdict]} {finding.verdict:<9}"
    say_marked(mark, _COLOURS[finding.verdict], f"  {finding.area}, {finding.what}: {finding.text}")
    if finding.remedy:
        say(f"{_INDENT}→ {finding.remedy}")


def _ending(found: Sequence[Finding]) -> list[str]:
    records = list(dict.fromkeys(record for each in found for record in each.records))
    wrong = sum(each.verdict is Verdict.WRONG for each in found)
    looks = sum(each.verdict is Verdict.LOOK for each in found)
    said = f"{counted(wrong, 'thing is', 'things are')} wrong." if wrong else "Nothing is wrong."
    more = f" {counted(looks, 'thing', 'things')} to look at." if looks else ""
    return [
        *(
            ["", "To publish, as lines of a zone file (letterkey check --wait looks until they are seen):", ""]
            * bool(records)
        ),
        *records,
        "",
        said + more,
    ]


def _as_json(found: Sequence[Finding]) -> str:
    """For scripts: an interface."""
    wrong = any(each.verdict is Verdict.WRONG for each in found)
    return json_text.dumps({"well": not wrong, "findings": [asdict(each) for each in found]}, ensure_ascii=False)
