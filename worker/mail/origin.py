"""Who really sent a mail: its evidence, drawn from its bytes, and the judgement over it, for which DNS is asked.

Rules: a mail that our own server handed over is judged by what that server wrote down, never by the server's own
address; with nothing written down, nothing is known. Of a mail that came from no outer network a signature counts that
holds, and nothing else: there is a server or proxy in front that nobody told us of, SPF would only find that this one
is no sender of the domain, and what it may have changed in the mail is nobody's forgery.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.client_network import Network, is_in, read_address
from worker.mail.auth_results import believed
from worker.mail.authentication import UNKNOWN, Authentication
from worker.mail.dkim_check import NO_SIGNATURES, Signatures, check_dkim, signatures_of
from worker.mail.dmarc import find_record, judge
from worker.mail.lookup import Lookup
from worker.mail.public_suffixes import Suffixes
from worker.mail.read import InboundMail
from worker.mail.spf_check import Came, check_spf

MAILBOX = "imap"
"""The peer of a mail that was fetched from the merchant's mailbox."""
INNER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10 ::1/128 fc00::/7 fe80::/10"
    ).split()
)
"""Networks from which no stranger's mail server comes."""


@dataclass(frozen=True, slots=True)
class Fronts:
    """What stands before us: `trusted` servers and the name that they sign their results with; `inner` networks."""

    trusted: Sequence[Network] = ()
    server: str | None = None
    inner: Sequence[Network] = INNER

    def handed_over(self, peer: str) -> bool:
        """Whether our own server brought it, or the mailbox has it from there."""
        return peer == MAILBOX or is_in(read_address(peer), self.trusted)

    def is_inner(self, peer: str) -> bool:
        """Whether it came from no outer network."""
        address = read_address(peer)
        return address is None or is_in(address, self.inner)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is left to judge. Without `domain` there is no From address to believe."""

    domain: str | None
    came: Came
    results: tuple[str, ...] = ()
    signatures: Signatures = NO_SIGNATURES


def evidence_of(raw: bytes, mail: InboundMail, arrival: tuple[Came, int], fronts: Fronts) -> Evidence:
    """The mail's evidence; afterwards its bytes are no longer needed. `arrival` is how it came, and when."""
    came, received_at = arrival
    domain = mail.sender.rpartition("@")[2].lower() if mail.sender else None
    if domain is None or fronts.handed_over(came.peer):
        return Evidence(domain, came, mail.headers.get("authentication-results", ()))
    return Evidence(domain, came, signatures=signatures_of(raw, received_at))


def judged(evidence: Evidence, fronts: Fronts, suffixes: Suffixes, lookup: Lookup | None) -> Authentication:
    """Who sent it. Without `lookup` nothing can be asked, and only what our own server found out counts."""
    domain, came = evidence.domain, evidence.came
    if domain is None:
        return UNKNOWN
    if fronts.handed_over(came.peer):
        return believed(evidence.results, fronts.server, domain, suffixes) if fronts.server else UNKNOWN
    inner = fronts.is_inner(came.peer)
    if lookup is None or (inner and not evidence.signatures.fitting):
        return UNKNOWN
    found = find_record(domain, suffixes, lookup)
    asks = found.record and not inner  # SPF proves nothing where DMARC doesn't ask for it
    spf = check_spf(came, lookup) if asks else None
    judgement = judge(domain, found, spf, check_dkim(evidence.signatures, lookup), suffixes)
    return judgement if judgement.authentic or not inner else UNKNOWN
