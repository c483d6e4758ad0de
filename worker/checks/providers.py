"""The providers' keys: do they look like what they should be, and (with --deep) does the provider take them?"""

from collections.abc import AsyncIterator, Iterator
from functools import partial

from worker.asking.logins import Logins
from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.core.standard_webhooks import wrong_secret
from worker.core.web_call import Call, NoAnswer
from worker.settings import Endpoint, Settings, Source
from worker.sources import ACTINGS, BACKFILLS, GUIDES
from worker.sources.account import Account, Cause, Trouble
from worker.sources.backfill import Backfill, Place
from worker.sources.guide import Guide

AREA = Area("providers")
API = "api"
"""The source of what the API and the command line tell."""


async def check_providers(scene: Scene) -> list[Finding]:
    """Each account."""
    found: list[Finding] = []
    for name, source in scene.settings.sources.items():
        found += _shapes(name, source)
        backfill = BACKFILLS.get(source.kind)
        found += _acting(name, source, scene.settings)
        if scene.deep and source.api_key is not None and backfill is not None:
            account = Account(source.api_key.get_secret_value(), source.api_url)
            found.append(await _asked(scene, f"sources.{name}.api_key, asked", backfill, account))
    for name, endpoint in scene.settings.endpoints.items():
        found += [each async for each in _endpoint(scene, name, endpoint)]
    return found


def _acting(name: str, source: Source, settings: Settings) -> Iterator[Finding]:
    """Whether what customers ask for can be passed on."""
    endpoint = settings.endpoints.get(name)
    if source.kind in ACTINGS and source.api_key is None and (endpoint is None or endpoint.url is None):
        text = f"isn't set, so {source.kind} can't be asked to cancel or pause: each time you get a mail to do it"
        yield AREA.look(f"sources.{name}.api_key", text, "set a key that may change subscriptions, or leave it so")


async def _endpoint(scene: Scene, name: str, endpoint: Endpoint) -> AsyncIterator[Finding]:
    setting = f"endpoints.{name}"
    if endpoint.url is None:
        return
    if name != API and name not in scene.settings.sources:
        known = ", ".join([*scene.settings.sources, API])
        yield AREA.wrong(setting, "no source is called so, so it never hears of anything", f"call it one of: {known}")
    wrong = next((said for each in endpoint.secrets if (said := wrong_secret(each.get_secret_value()))), None)
    if wrong is not None:
        yield AREA.wrong(f"{setting}.secrets", f"one of them {wrong}", "make one: openssl rand -base64 32")
    if scene.deep:
        yield await _answers(scene, f"{setting}.url", endpoint.url)


async def _answers(scene: Scene, setting: str, url: str) -> Finding:
    """Whether somebody is there: asked for nothing, so any answer will do."""
    answer = await scene.call(Call(url, "HEAD"))
    if isinstance(answer, NoAnswer):
        return AREA.wrong(setting, f"nobody answers: {answer.why}", "start it there, or correct the address")
    return AREA.works(setting, "somebody answers")


def _shapes(name: str, source: Source) -> Iterator[Finding]:
    """What is told by the look of them alone, as letterkey connect tells it."""
    guide, setting = GUIDES.get(source.kind), f"sources.{name}"
    secrets = [each.get_secret_value() for each in source.secrets]
    wrong = next((said for each in secrets if guide and (said := guide.wrong_secret(each))), None)
    if guide and wrong:
        yield AREA.wrong(f"{setting}.secrets", f"one of them {wrong}", f"copy {guide.proof}")
    elif secrets:
        yield AREA.works(f"{setting}.secrets", "look as they should; a test event proves them")
    if source.api_key is not None:
        yield _key(guide, f"{setting}.api_key", source.api_key.get_secret_value())


def _key(guide: Guide | None, setting: str, key: str) -> Finding:
    wrong = guide.wrong_key(key) if guide else None
    if guide and wrong:
        return AREA.wrong(setting, f"it {wrong}", f"copy {guide.api_key or 'another'}")
    if "_test_" in key:
        return AREA.look(setting, "it is of the test mode", "take one of the live mode to go live")
    return AREA.works(setting, "looks as it should; letterkey check --deep tries it")


async def _asked(scene: Scene, setting: str, backfill: Backfill, account: Account) -> Finding:
    """The first page of each part of the history, as letterkey import will ask for it; nothing of it is kept."""
    logins, following = Logins(scene.call), backfill.first
    for part in backfill.parts:
        place = following if following.part == part else Place(part)
        answer = await logins.ask(account, backfill.login, partial(_question, backfill, place))
        if isinstance(answer, Trouble):
            return _unanswered(setting, answer, part, backfill.source)
        scene.note_date(backfill.source, answer)
        page = backfill.read(place, answer, scene.clock.now())
        if isinstance(page, Trouble):
            return _refused(setting, page, part, backfill.source)
        if page.note:
            return AREA.look(setting, page.note, "let the key read them, too")
        following = page.next or following
    return AREA.works(setting, f"{backfill.source} lets it read what letterkey import needs")


def _question(backfill: Backfill, place: Place, account: Account) -> Call:
    return backfill.ask(account, place, None)


def _unanswered(setting: str, trouble: Trouble, part: str, kind: str) -> Finding:
    if trouble.cause is not Cause.LATER:
        return _refused(setting, trouble, part, kind)
    why = trouble.reason.removeprefix("no answer came: ")
    return AREA.untried(setting, f"{kind} can't be reached: {why}", "look at this machine's way out")


def _refused(setting: str, trouble: Trouble, part: str, kind: str) -> Finding:
    if trouble.cause is Cause.DENIED:
        guide = GUIDES.get(kind)
        remedy = f"copy {guide.api_key}" if guide and guide.api_key else "copy one that may"
        return AREA.wrong(setting, f"{kind} doesn't let it read {part}: {trouble.reason}", remedy)
    return AREA.untried(setting, f"{kind} can't say now: {trouble.reason}", "try again later")
