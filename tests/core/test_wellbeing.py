"""Whether all is well: what heals by itself is told from what needs the merchant."""

from dataclasses import replace

import pytest

from worker.core.instant import DAY, HOUR, MINUTE
from worker.core.relay import RelayState
from worker.core.wellbeing import LATE, SILENT, Health, Part, Standing, Watched, health

NOW = 1_795_373_280_000_000
WELL = Standing(RelayState(), {}, watches=True, mailboxes=(Watched("access", NOW - MINUTE, None),))


def wrong(standing: Standing) -> set[Part]:
    return {part for part, found in health(standing, NOW).items() if found is Health.WRONG}


def test_all_is_well() -> None:
    assert set(health(WELL, NOW).values()) == {Health.WELL}
    assert list(health(WELL, NOW)) == list(Part)


@pytest.mark.parametrize(
    ("standing", "part"),
    [
        (replace(WELL, relay=RelayState(paused_at=NOW - HOUR, reason="relay_refused")), Part.RELAY),
        (replace(WELL, oldest_due=NOW - LATE - 1), Part.QUEUE),
        (replace(WELL, oldest_sale=NOW - LATE - 1), Part.SALES),
        (replace(WELL, held=True), Part.NUMBERS),
        (replace(WELL, mailboxes=(Watched("a", NOW - DAY, NOW - LATE - 1),)), Part.MAIL_IN),
        (replace(WELL, mailboxes=(Watched("a", NOW - SILENT - 1, None),)), Part.MAIL_IN),
        (replace(WELL, mailboxes=(Watched("a", None, None),)), Part.MAIL_IN),
        (replace(WELL, mailboxes=()), Part.MAIL_IN),
        (replace(WELL, mails={"failed": 1}), Part.FAILED),
        (replace(WELL, mails={"parked": 1}), Part.PARKED),
        (replace(WELL, quarantined=1), Part.QUARANTINE),
        (replace(WELL, actions=1), Part.ACTIONS),
    ],
)
def test_what_needs_the_merchant(standing: Standing, part: Part) -> None:
    assert wrong(standing) == {part}


@pytest.mark.parametrize(
    ("standing", "part", "expected"),
    [
        (replace(WELL, oldest_due=NOW - LATE), Part.QUEUE, Health.WELL),
        (replace(WELL, oldest_sale=NOW + HOUR), Part.SALES, Health.WELL),
        (replace(WELL, relay=RelayState(retry_at=NOW + 1)), Part.RELAY, Health.HEALS),
        (replace(WELL, relay=RelayState(retry_at=NOW + 1), oldest_due=NOW - DAY), Part.QUEUE, Health.WELL),
        (replace(WELL, mailboxes=(Watched("a", NOW - DAY, NOW - LATE),)), Part.MAIL_IN, Health.HEALS),
        (replace(WELL, mailboxes=(), watches=False), Part.MAIL_IN, Health.OFF),
        (replace(WELL, mailboxes=(), watches=False, listens=True), Part.MAIL_IN, Health.WELL),
        (replace(WELL, mails={"due": 5, "deferred": 2, "sending": 1}), Part.QUEUE, Health.WELL),
    ],
)
def test_what_heals_by_itself(standing: Standing, part: Part, expected: Health) -> None:
    assert health(standing, NOW)[part] is expected
    assert wrong(standing) == set()


def test_one_sick_mailbox_is_not_hidden_by_a_later_one() -> None:
    boxes = (Watched("a", NOW - DAY, NOW - HOUR), Watched("b", NOW - MINUTE, None))
    for order in (boxes, boxes[::-1]):
        assert wrong(replace(WELL, mailboxes=order)) == {Part.MAIL_IN}
