"""The providers' keys: do they look like what they should be, and (with --deep) does the provider take them?"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from worker.checks.finding import Area, Finding
from worker.checks.scene import Scene
from worker.net.web_call import Answer, Call, NoAnswer
from worker.settings import Source

AREA = Area("providers")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a provider's secrets look, where one finds them, and a call that only a good key can make."""

    secret: re.Pattern[str]
    secret_is: str
    api_key: re.Pattern[str]
    api_key_is: str
    harmless: Callable[[str], Call]


def _bearer(url: str) -> Callable[[str], Call]:
    return lambda key: Call(url, headers={"Authorization": f"Bearer {key}"})


SHAPES = {
    "stripe": Shape(
        re.compile(r"whsec_[A-Za-z0-9+/=]{16,}"),
        "the endpoint's signing secret, which begins with whsec_ (Developers, Webhooks, the endpoint, Reveal)",
        re.compile(r"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"),
        "a restricted or secret key, which begins with rk_live_ or sk_live_ (Developers, API keys)",
        _bearer("https://api.stripe.com/v1/events?limit=1"),
    ),
    "thrivecart": Shape(
        re.compile(r"[A-Za-z0-9]{6,}"),
        "the secret word of the webhooks (Settings, API & webhooks, ThriveCart order validation)",
        re.compile(r"[A-Za-z0-9_-]{16,}"),
        "an API key (Settings, API & webhooks)",
        _bearer("https://thrivecart.com/api/external/ping"),
    ),
}


async def check_providers(scene: Scene) -> list[Finding]:
    """Each account."""
    found: list[Finding] = []
    for name, source in scene.settings.sources.items():
        found += _shapes(name, source)
        if scene.deep and source.api_key is not None:
            found.append(await _asked(scene, name, source.kind, source.api_key.get_secret_value()))
    return found


def _shapes(name: str, source: Source) -> Iterator[Finding]:
    shape, setting = SHAPES[source.kind], f"sources.{name}"
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


async def _asked(scene: Scene, name: str, kind: str, key: str) -> Finding:
    setting, shape = f"sources.{name}.api_key", SHAPES[kind]
    answer = await scene.call(shape.harmless(key))
    if isinstance(answer, NoAnswer):
        return AREA.untried(setting, f"{kind} can't be reached: {answer.why}", "look at this machine's way out")
    _note_time(answer, kind, scene)
    if answer.status == 200:
        return AREA.works(setting, f"{kind} takes it")
    if answer.status == 403:
        return AREA.look(setting, f"{kind} knows it, but it may not read events", "let the key read what import needs")
    if answer.status == 401:
        return AREA.wrong(setting, f"{kind} refuses it", f"copy {shape.api_key_is}")
    return AREA.untried(setting, f"{kind} answers {answer.status}", "try again later")


def _note_time(answer: Answer, who: str, scene: Scene) -> None:
    try:
        told = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return
    scene.note_time(who, int(told * 1_000_000))
