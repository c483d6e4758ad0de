"""Golden readings: an event in `<source>/events/`, and beside it in `readings/` what it tells, as JSON.

`python tests/sources/goldens.py` writes the readings anew; the difference is then for a person to judge.
"""

import json
from dataclasses import asdict
from pathlib import Path

from worker.core.announcement import Announcement
from worker.core.instant import iso
from worker.core.transaction import to_json
from worker.sources import SOURCES
from worker.sources.event import Ignored, Linked, RawEvent, Reading, Told

HERE = Path(__file__).parent
RECEIVED_AT = 1_795_400_000_000_000


def events(source: str) -> list[str]:
    """The names of a source's golden events."""
    return sorted(path.name for path in (HERE / source / "events").iterdir())


def body_of(source: str, name: str) -> bytes:
    """The body of a golden event."""
    return (HERE / source / "events" / name).read_bytes()


def read(source: str, body: bytes) -> Reading:
    """What a source reads in a body."""
    return SOURCES[source].read(RawEvent({}, body, RECEIVED_AT))


def as_json(reading: Reading) -> dict[str, object]:
    """A reading as plain JSON values; what is None or empty is left out, as the eye needs the rest."""
    match reading:
        case Told(transactions, linked, announced):
            told = {"told": [_lean(json.loads(to_json(each))) for each in transactions], "linked": list(linked)}
            return told | ({"announced": [_announcement(each) for each in announced]} if announced else {})
        case Linked(references):
            return {"linked": list(references)}
        case Ignored(reason):
            return {"ignored": reason}
        case _:
            return {"unreadable": reading.reason, "field": reading.field}


def _announcement(told: Announcement) -> object:
    times = {"occurred_at": iso(told.occurred_at), "due_at": told.due_at and iso(told.due_at)}
    return _lean(asdict(told) | times)


def golden_path(source: str, name: str) -> Path:
    """Where the golden reading of an event lies."""
    return HERE / source / "readings" / f"{name.removesuffix('.json')}.json"


def _lean(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lean(item) for key, item in value.items() if item not in (None, [], {}, False)}
    return [_lean(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Write all golden readings anew."""
    for source in SOURCES:
        for name in events(source):
            path = golden_path(source, name)
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(as_json(read(source, body_of(source, name))), indent=2, ensure_ascii=False)
            path.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
