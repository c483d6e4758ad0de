"""Who really sent a mail: what SPF, DKIM and DMARC say, as values, and what may be made of it.

Rules: a mail of which nothing is known counts as unauthenticated; that a domain asks to have its forgeries refused
(DMARC `quarantine` or `reject`) is known only where its policy was looked up.
"""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """As in Authentication-Results (RFC 8601 section 2.7), as far as we tell them apart."""

    PASS = "pass"  # noqa: S105 - a word of that header, no password
    FAIL = "fail"
    NONE = "none"  # nothing to check, or it could not be checked now


class Wish(StrEnum):
    """What the domain's owner asks to be done with mail that fails (RFC 7489 section 6.3, `p`)."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Standing(StrEnum):
    """How the From address of a mail stands."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known of a mail's origin. `dkim_aligned`: a signature of the From address's own domain holds.

    `told` says it in the words of Authentication-Results, for people who look into a mail's case.
    """

    dmarc: Result = Result.NONE
    wish: Wish = Wish.NONE
    dkim_aligned: bool = False
    told: str | None = None

    @property
    def authentic(self) -> bool:
        """Whether the From address may be believed."""
        return self.dmarc is Result.PASS or self.dkim_aligned

    @property
    def forged(self) -> bool:
        """Whether the From address's own domain says not to believe it."""
        return not self.authentic and self.dmarc is Result.FAIL and self.wish is not Wish.NONE

    @property
    def standing(self) -> Standing:
        """What to make of the From address."""
        if self.authentic:
            return Standing.VERIFIED
        return Standing.FORGED if self.forged else Standing.UNVERIFIED


UNKNOWN = Authentication()
