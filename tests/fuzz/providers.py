"""What providers send, fuzzed: a target for each source, history, action and lookup there is, found by themselves.

Each takes any bytes: as a body, and as values put here and there into an event that a provider would send.
"""

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from sources.goldens import body_of, events
from sources.proving import AT, PROVERS
from worker.core.following import Followed
from worker.core.instant import SECOND
from worker.core.provider_action import Capabilities, Verb
from worker.core.transaction import Customer
from worker.core.web_call import Answer, Call
from worker.sources import ACTINGS, BACKFILLS, COMPLETINGS, LOOKUPS, SOURCES
from worker.sources.account import Account, Token, Trouble
from worker.sources.acting import Acting, Asked, Done, Page, Returned, Then
from worker.sources.backfill import Backfill, Place
from worker.sources.backfill import Page as HistoryPage
from worker.sources.completing import Completing
from worker.sources.event import Forged, Genuine, Ignored, Linked, RawEvent, Source, Told, Unreadable
from worker.sources.lookup import Lookup

Target = Callable[[bytes], None]
NOW = AT * SECOND
ACCOUNT = Account("client:secret", "https://api.example", "token")


def reading(source: Source) -> Target:
    """Whatever a body says, it is read or not, and no reader is taken by surprise."""

    def target(data: bytes) -> None:
        for body in _bodies(source.name, data):
            raw = RawEvent({}, body, NOW)
            found = source.read(raw)
            assert isinstance(found, Told | Linked | Ignored | Unreadable)
            assert "surprise" not in getattr(found, "reason", ""), found
            prover = PROVERS[source.name]
            assert isinstance(source.verify(raw, (prover.secret,), NOW), Genuine | Forged)
            headers = dict.fromkeys(prover.headers(b"", prover.secret, AT), data[:200].decode("latin-1"))
            assert isinstance(source.verify(RawEvent(headers, body, NOW), (prover.secret,), NOW), Genuine | Forged)

    return target


def history(backfill: Backfill) -> Target:
    """A page of an account's history."""

    def target(data: bytes) -> None:
        for place in map(Place, backfill.parts):
            assert isinstance(backfill.ask(ACCOUNT, place, None), Call)
            for answer in _answers(backfill.source, data):
                found = backfill.read(place, answer, NOW)
                assert isinstance(found, HistoryPage | Trouble)
                if isinstance(found, HistoryPage):
                    assert not [each for each in found.items if "surprise" in getattr(each.reading, "reason", "")]
                    assert found.next is None or isinstance(backfill.ask(ACCOUNT, found.next, None), Call)

    return target


def acting(asked_of: Acting) -> Target:
    """What a provider answers to each verb."""

    def target(data: bytes) -> None:
        text = data[:50].decode("utf-8", "replace")
        for verb in Verb:
            asked = Asked(verb, "key-1", text or "s", text or "c", Customer(name="Ada"), "https://shop.example/")
            for answer in _answers(asked_of.source, data):
                for step in (0, 1):
                    found = asked_of.read(ACCOUNT, asked, Returned(answer, step, NOW))
                    assert isinstance(found, Done | Page | Then | Trouble)
        followed = Followed(asked_of.source, text)
        assert isinstance(asked_of.able(followed), Capabilities)

    return target


def looking_up(lookup: Lookup) -> Target:
    """What a provider says of a customer."""

    def target(data: bytes) -> None:
        assert isinstance(lookup.ask(ACCOUNT, data[:50].decode("utf-8", "replace")), Call)
        for answer in _answers(lookup.source, data):
            assert isinstance(lookup.read(answer), Customer | Trouble)
            if lookup.login is not None:
                assert isinstance(lookup.login.read(answer), Token | Trouble)

    return target


def completing(asked_of: Completing) -> Target:
    """What a provider says of what its event left out."""

    def target(data: bytes) -> None:
        for body in _bodies(asked_of.source, data):
            raw = RawEvent({}, body, NOW)
            assert isinstance(asked_of.ask(ACCOUNT, raw), Call | None)
            for answer in _answers(asked_of.source, data):
                assert isinstance(asked_of.read(raw, answer), Told | Trouble)

    return target


def _answers(source: str, data: bytes) -> Iterator[Answer]:
    text = data[:20].decode("latin-1")
    for body in _bodies(source, data):
        yield Answer(200, {"retry-after": text}, body)
    for status in (204, 401, 404, 409, 422, 429, 503):
        yield Answer(status, {"retry-after": text}, data)


def _bodies(source: str, data: bytes) -> Iterator[bytes]:
    """The bytes themselves; an event with one value replaced by them; and its inner objects, as APIs give them."""
    yield data
    chosen = events(source)[_number(data, 0) % len(events(source))]
    event = _parsed(body_of(source, chosen))
    if event is None:
        return
    _replace(event, _number(data, 1), _value(data[3:]))
    yield json.dumps(event).encode()
    inner = list(_objects(event))
    told = inner[_number(data, 2) % len(inner)]
    for body in (
        told,
        {"data": told},
        {"data": [told]},
        {"sales": [told], "sale": told, "success": True},
        {"items": [told]},
    ):
        yield json.dumps(body).encode()


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2])


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return dict(parse_qsl(body.decode("utf-8", "replace"))) or None


def _value(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    kinds: tuple[object, ...] = (
        text,
        len(data),
        -len(data),
        None,
        [],
        {},
        [text],
        {"id": text},
        True,
        "null",
        10**30,
        "12.345",
        0.1,
    )
    return kinds[len(data) % len(kinds)]


def _objects(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)


def _replace(event: object, number: int, value: object) -> None:
    places = [(here, key) for here in _objects(event) if isinstance(here, dict) for key in here]
    if places:
        here, key = places[number % len(places)]
        here[key] = value


TARGETS: dict[str, Target] = {
    **{f"events_{name}": reading(each) for name, each in SOURCES.items()},
    **{f"history_{name}": history(each) for name, each in BACKFILLS.items()},
    **{f"acting_{name}": acting(each) for name, each in ACTINGS.items()},
    **{f"lookup_{name}": looking_up(each) for name, each in LOOKUPS.items()},
    **{f"completing_{name}": completing(each) for name, each in COMPLETINGS.items()},
}
