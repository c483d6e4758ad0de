"""The addresses that mail may come to: the access address, those of a domain's keeper, and where bounces go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from worker.core.bounce import Delivery
from worker.core.email_address import identity
from worker.mail.classify import Envelope
from worker.mail.envelope import read_bounce_envelope

_FOR_PEOPLE = ("postmaster", "abuse")  # RFC 5321 section 4.5.1, RFC 2142


@dataclass(frozen=True, slots=True)
class OurAddresses:
    """`bounce` is the base of our envelope senders, None where they are off; `keys` has all that are in force."""

    access: str
    bounce: str | None
    keys: Sequence[str] = field(repr=False)

    def accept(self, address: str) -> bool:
        """Whether mail to this address is for us."""
        return identity(address) == identity(self.access) or self.is_for_people(address) or bool(self.bounced(address))

    def for_people(self, recipients: Iterable[str]) -> bool:
        """Whether one of these is postmaster or abuse."""
        return any(self.is_for_people(each) for each in recipients)

    def is_for_people(self, address: str) -> bool:
        """Postmaster (also without a domain) or abuse at the access address's domain."""
        local, at, domain = identity(address).rpartition("@")
        if not at:
            return domain == "postmaster"
        return local in _FOR_PEOPLE and domain == identity(self.access).rpartition("@")[2]

    def bounced(self, address: str) -> Delivery | None:
        """The delivery that a bounce to this address is about."""
        if self.bounce is None:
            return None
        found = (read_bounce_envelope(address, self.bounce, key.encode()) for key in self.keys)
        return next((each for each in found if each), None)

    def envelope(self, sender: str, recipients: Sequence[str]) -> Envelope:
        """How a mail came."""
        asks = any(identity(each) == identity(self.access) for each in recipients)
        bounced = next((found for each in recipients if (found := self.bounced(each))), None)
        return Envelope(sender, bounced if not asks else None, for_people=not asks and self.for_people(recipients))
