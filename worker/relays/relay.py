"""What a relay's file says of it: how its webhooks are proven and read.

Rules: a relay is pure, so an event can be read again at any time; nothing here raises on what a stranger sends; what
must be fetched from the relay (a certificate, a confirmation) is only named here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.core.bounce import Returned
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.core.strict_json import NotJson, parse

KEPT_AS = "relay/"
"""Before a relay's name, where its events are kept beside the providers': no source is called so."""
DEEPEST = 12
Secrets = tuple[str, ...]
Reading = Returned | Ignored | Unreadable


def _nothing(_: RawEvent, __: Secrets) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Relay:
    """`verify` takes the event, the secrets in force, and the certificate at the address that `certificate` names.

    `confirm` names the address to ask once an event is proven. `mark` is the header in which the relay takes the id of
    a mail of ours, to tell it again in its webhooks.
    """

    name: str
    verify: Callable[[RawEvent, Secrets, bytes | None], Genuine | Forged]
    read: Callable[[RawEvent], Reading]
    certificate: Callable[[RawEvent, Secrets], str | None] = _nothing
    confirm: Callable[[RawEvent, Secrets], str | None] = _nothing
    mark: str | None = None


def json_object(content: bytes) -> Mapping[str, object]:
    """The object of a JSON text, empty where it is none."""
    try:
        found = parse(content, DEEPEST)
    except NotJson:
        return {}
    return found if isinstance(found, dict) else {}


def text(of: Mapping[str, object], name: str) -> str:
    """A field's text, empty where it has none."""
    found = of.get(name)
    return found if isinstance(found, str) else ""


def part(of: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A field's object, empty where it has none."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def objects(of: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The objects of a field's list."""
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
