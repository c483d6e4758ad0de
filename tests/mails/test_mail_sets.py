"""Real mails from other projects' tests: no bounce and no robot is answered, people are, and none takes long."""

import time
from collections import Counter
from dataclasses import dataclass

import pytest

from mails.golden import OURS
from mails.sets import SETS, FindSet, Kind, MailSet, SetMail
from mails.test_reading_oracle import both_headers
from worker.mail.classify import Outcome, classify
from worker.mail.read import read

SLOWEST = 0.25


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a mail of a set, in how many seconds of CPU."""

    file: str
    kind: Kind
    outcome: Outcome
    seconds: float

    @property
    def wrong(self) -> bool:
        """Whether it is answered and mustn't be, or the other way round."""
        answered = self.outcome is Outcome.LINK_REQUEST
        return (answered and self.kind in (Kind.MACHINE, Kind.NO_MAIL)) or (not answered and self.kind is Kind.PERSON)


def seen(brought: SetMail) -> Seen:
    began = time.process_time()
    what = classify(read(brought.raw), OURS.envelope(brought.envelope_from, (brought.envelope_to,)))
    return Seen(brought.file, brought.kind, what.outcome, time.process_time() - began)


@pytest.mark.parametrize("each", SETS, ids=lambda each: each.name)
def test_each_mail_of_a_set_is_taken_for_what_it_is(each: MailSet, find_set: FindSet) -> None:
    found = [seen(mail) for mail in find_set(each)]
    print(f"\n{each.name}: {len(found)} mails, slowest {max(one.seconds for one in found) * 1000:.1f} ms")
    for (kind, outcome), count in sorted(Counter((one.kind, one.outcome) for one in found).items()):
        print(f"  {kind:9} {outcome:14} {count:4}")
    assert [one for one in found if one.wrong] == []
    assert [one for one in found if one.seconds > SLOWEST] == []


@pytest.mark.parametrize("each", SETS, ids=lambda each: each.name)
def test_their_headers_are_read_as_the_library_reads_them(each: MailSet, find_set: FindSet) -> None:
    for mail in find_set(each):
        ours, theirs = both_headers(mail.raw)
        assert ours == theirs, mail.file
