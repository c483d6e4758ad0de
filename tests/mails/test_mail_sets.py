"""Real mails from other projects' tests: no bounce and no robot is answered, people are, and none takes long."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from mails.golden import OURS
from mails.sets import FETCHED, TESTSUITE, Kind, MailSet, as_sent, fetched, files, python_mails
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


def seen(each: MailSet, file: Path) -> Seen:
    raw = as_sent(file.read_bytes())
    began = time.process_time()
    mail = read(raw)
    what = classify(mail, OURS.envelope(mail.sender or "somebody@example.com", ("access@shop.example",)))
    return Seen(file.name, each.kind_of(file), what.outcome, time.process_time() - began)


def folder_of(each: MailSet, request: pytest.FixtureRequest) -> Path:
    found: Path = python_mails() if each is TESTSUITE else request.getfixturevalue("packages")
    return found


@pytest.fixture(scope="module")
def packages(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return fetched(pytestconfig.cache.mkdir("mail-sets"))


@pytest.mark.parametrize("each", [*FETCHED, TESTSUITE], ids=lambda each: each.name)
def test_each_mail_of_a_set_is_taken_for_what_it_is(each: MailSet, request: pytest.FixtureRequest) -> None:
    found = [seen(each, file) for file in files(each, folder_of(each, request))]
    print(f"\n{each.name}: {len(found)} mails, slowest {max(one.seconds for one in found) * 1000:.1f} ms")
    for (kind, outcome), count in sorted(Counter((one.kind, one.outcome) for one in found).items()):
        print(f"  {kind:9} {outcome:14} {count:4}")
    assert [one for one in found if one.wrong] == []
    assert [one for one in found if one.seconds > SLOWEST] == []


@pytest.mark.parametrize("each", [*FETCHED, TESTSUITE], ids=lambda each: each.name)
def test_their_headers_are_read_as_the_library_reads_them(each: MailSet, request: pytest.FixtureRequest) -> None:
    for file in files(each, folder_of(each, request)):
        ours, theirs = both_headers(as_sent(file.read_bytes()))
        assert ours == theirs, file.name
