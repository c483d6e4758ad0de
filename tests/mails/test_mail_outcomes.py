"""Every golden mail is taken for what it is, by its bytes and envelope alone; and quickly."""

import time
from collections import Counter

import pytest

from mails.golden import HERE, OURS, Golden, golden_mails, readme_with, table
from worker.mail.classify import Outcome, classify
from worker.mail.read import read

MAILS = golden_mails()
LEAST_PEOPLE, LEAST_MAILS = 60, 120
NOT_HERE = {Outcome.UNREADABLE, Outcome.TOO_LARGE}
"""One would be a fault of ours, the other fills a disk."""


@pytest.mark.parametrize("golden", MAILS, ids=lambda each: each.name)
def test_each_is_taken_for_what_it_is(golden: Golden) -> None:
    mail = read(golden.raw)
    what = classify(mail, OURS.envelope(golden.envelope_from, (golden.envelope_to,)))
    assert (what.outcome, mail.sender) == (golden.by_itself, golden.sender), what.reason
    if golden.own_words is not None:
        assert mail.own_words == golden.own_words


def test_no_mail_takes_long() -> None:
    took = {}
    for golden in MAILS:
        began = time.process_time()
        classify(read(golden.raw), OURS.envelope(golden.envelope_from, (golden.envelope_to,)))
        took[golden.name] = time.process_time() - began
    slowest = max(took, key=lambda name: took[name])
    print(f"{len(took)} mails, {sum(took.values()) * 1000:.0f} ms; {slowest}: {took[slowest] * 1000:.1f} ms")
    assert took[slowest] < 0.25


def test_there_are_enough_and_each_has_its_file() -> None:
    assert sorted(path.stem for path in HERE.glob("*.eml")) == sorted(golden.name for golden in MAILS)
    outcomes = Counter(golden.outcome for golden in MAILS)
    assert len(MAILS) >= LEAST_MAILS
    assert outcomes[Outcome.LINK_REQUEST] >= LEAST_PEOPLE
    assert set(outcomes) == set(Outcome) - NOT_HERE
    for golden in MAILS:
        begins = "person" if golden.outcome is Outcome.LINK_REQUEST else golden.outcome.value.replace("_", "-")
        assert golden.name.startswith(f"{begins}-")
        assert golden.raw.count(b"\r\n") == golden.raw.count(b"\n")


def test_the_readme_shows_the_table() -> None:
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    assert readme == readme_with(table(MAILS)), "PYTHONPATH=.:tests python tests/mails/golden.py writes it anew"
