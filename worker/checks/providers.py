"""The providers' keys: do they look like what they should be, and (with --deep) does the provider take them?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.net.web_call import NoAnswer
from worker.settings import Source
from worker.sources import BACKFILLS
from worker.sources.backfill import Account, Backfill, Cause, Place, Trouble

AREA = Area("providers")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a provider's secrets look, and where one finds them."""

    secret: re.Pattern[str]
    secret_is: str
    api_key: re.Pattern[str]
    api_key_is: str


SHAPES = {
    "stripe": Shape(
        re.compile(r"whsec_[A-Za-z0-9+/=]{16,}"),
        "the endpoint's signing secret, which begins with whsec_ (Developers, Webhooks, the endpoint, Reveal)",
        re.compile(r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"),
        "a restricted or secret key, which begins with rk_live_ or sk_live_ (Developers, API keys)",
    ),
    "thrivecart": Shape(
        re.compile(r"[A-Za-z0-9]{6,}"),
        "the secret word of the webhooks (Settings, API & webhooks, ThriveCart order validation)",
        re.compile(r"[A-Za-z0-9_-]{16,}"),
        "an API key (Settings, API & webhooks)",
    ),
}
_ANY = Shape(re.compile(r".+"), "what the provider shows", re.compile(r".+"), "what the provider shows")


async def check_providers(scene: Scene) -> list[Finding]:
    """Each account."""
    found: list[Finding] = []
    for name, source in scene.settings.sources.items():
        found += _shapes(name, source)
        backfill = BACKFILLS.get(source.kind)
        if scene.deep and source.api_key is not None and backfill is not None:
            account = Account(source.api_key.get_secret_value(), source.api_url)
            found.append(await _asked(scene, f"sources.{name}.api_key", backfill, account))
    return found


def _shapes(name: str, source: Source) -> Iterator[Finding]:
    shape, setting = SHAPES.get(source.kind, _ANY), f"sources.{name}"
    if not all(shape.secret.fullmatch(secret.get_secret_value()) for secret in source.secrets):
        text = "one of its secrets doesn't look like one, so every event would be refused"
        yield AREA.wrong(f"{setting}.secrets", text, f"copy {shape.secret_is}")
    elif source.secrets:
        yield AREA.works(f"{setting}.secrets", "look as they should; a test event proves them")
    key = source.api_key.get_secret_value() if source.api_key else None
    if key is not None and not shape.api_key.fullmatch(key):
        yield AREA.wrong(f"{setting}.api_key", "doesn't look like one", f"copy {shape.api_key_is}")
    elif key is not None and "_test_" in key:
        yield AREA.look(f"{setting}.api_key", "is a key of the test mode", "take one of the live mode to go live")


async def _asked(scene: Scene, setting: str, backfill: Backfill, account: Account) -> Finding:
    """The first page of each part of the history, as letterkey import will ask for it; nothing of it is kept."""
    for part in backfill.parts:
        answer = await scene.call(backfill.ask(account, Place(part), None))
        if isinstance(answer, NoAnswer):
            text = f"{backfill.source} can't be reached: {answer.why}"
            return AREA.untried(setting, text, "look at this machine's way out")
        scene.note_date(backfill.source, answer)
        page = backfill.read(Place(part), answer, scene.clock.now())
        if isinstance(page, Trouble):
            return _refused(setting, page, part, backfill.source)
        if page.note:
            return AREA.look(setting, page.note, "let the key read them, too")
    return AREA.works(setting, f"{backfill.source} lets it read what letterkey import needs")


def _refused(setting: str, trouble: Trouble, part: str, kind: str) -> Finding:
    if trouble.cause is Cause.DENIED:
        remedy = f"copy {SHAPES.get(kind, _ANY).api_key_is}, which may read {part}"
        return AREA.wrong(setting, f"{kind} doesn't let it read {part}: {trouble.reason}", remedy)
    return AREA.untried(setting, f"{kind} can't say now: {trouble.reason}", "try again later")
