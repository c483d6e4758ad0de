"""What a check found: one line for a person, with what to do where something is wrong."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands."""

    WORKS = "works"
    LOOK = "look"  # it may be meant so, or can't be told from here
    WRONG = "wrong"
    UNTRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` of `area`; `text` is what was seen, `remedy` what to do, `records` lines of a zone file to publish."""

    area: str
    what: str
    verdict: Verdict
    text: str
    remedy: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """Makes the findings of one area."""

    name: str

    def works(self, what: str, text: str) -> Finding:
        return Finding(self.name, what, Verdict.WORKS, text)

    def wrong(self, what: str, text: str, remedy: str) -> Finding:
        return Finding(self.name, what, Verdict.WRONG, text, remedy)

    def look(self, what: str, text: str, remedy: str = "") -> Finding:
        return Finding(self.name, what, Verdict.LOOK, text, remedy)

    def untried(self, what: str, text: str, remedy: str = "") -> Finding:
        return Finding(self.name, what, Verdict.UNTRIED, text, remedy)


def publish(finding: Finding, *records: str) -> Finding:
    """The finding with records to publish."""
    return replace(finding, records=records)
