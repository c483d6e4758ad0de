"""DMARC (RFC 7489): what a domain asks for, and whether what SPF and DKIM prove is about the From address.

Rules: two domains belong together where their organisational domains are one, unless the record is strict; what could
not be looked up proves nothing and disproves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.mail.authentication import Authentication, Result, Wish
from worker.mail.lookup import Lookup
from worker.mail.public_suffixes import Suffixes

_VERSION = "DMARC1"


@dataclass(frozen=True, slots=True)
class Proof:
    """What one check found about one domain; `word` as in Authentication-Results (RFC 8601 section 2.7)."""

    domain: str
    word: str

    @property
    def temporary(self) -> bool:
        """Whether asking later may find more."""
        return self.word == "temperror"


@dataclass(frozen=True, slots=True)
class Record:
    """What a domain publishes: its wish, that for its subdomains, and how closely domains must match."""

    wish: Wish
    for_subdomains: Wish
    strict_dkim: bool = False
    strict_spf: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The record in force for a domain and the wish that follows; `unsure` where it could not be looked up."""

    record: Record | None = None
    wish: Wish = Wish.NONE
    unsure: bool = False


def read_record(text: str) -> Record | None:
    """The record (RFC 7489 section 6.3); None for what is none. Without a usable `p` but with `rua` it asks nothing."""
    tags = _tags(text)
    if tags is None:
        return None
    wish, below = _wish(tags.get("p")), _wish(tags.get("sp", tags.get("p")))
    if wish is None or below is None:  # section 6.6.3, step 6
        if not tags.get("rua", "").lower().startswith("mailto:"):
            return None
        wish = below = Wish.NONE
    sure = _percent(tags.get("pct")) == 100
    return Record(
        wish=_sampled(wish, sure=sure),
        for_subdomains=_sampled(below, sure=sure),
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
    )


def find_record(domain: str, suffixes: Suffixes, lookup: Lookup) -> Found:
    """The record in force for a From address's domain (RFC 7489 section 6.6.3)."""
    texts = _texts(domain, lookup)
    if texts is None:
        return Found(unsure=True)
    if texts:
        record = read_record(texts[0]) if len(texts) == 1 else None
        return Found(record, record.wish) if record else Found()
    organisation = suffixes.organisation(domain)
    if organisation == domain:
        return Found()
    texts = _texts(organisation, lookup)
    if texts is None:
        return Found(unsure=True)
    record = read_record(texts[0]) if len(texts) == 1 else None
    return Found(record, record.for_subdomains) if record else Found()


def aligned(one: str, other: str, suffixes: Suffixes, *, strict: bool) -> bool:
    """Whether two domains belong together (RFC 7489 section 3.1)."""
    if one == other:
        return True
    return not strict and suffixes.organisation(one) == suffixes.organisation(other)


def judge(domain: str, found: Found, spf: Proof | None, dkim: Sequence[Proof], suffixes: Suffixes) -> Authentication:
    """What the checks say about a From address of that domain."""
    record = found.record
    close_dkim, close_spf = (record.strict_dkim, record.strict_spf) if record else (found.unsure, found.unsure)
    keys = [proof for proof in dkim if aligned(domain, proof.domain, suffixes, strict=close_dkim)]
    hosts = [proof for proof in (spf,) if proof and aligned(domain, proof.domain, suffixes, strict=close_spf)]
    signed = any(proof.word == "pass" for proof in keys)
    result = Result.NONE
    if record is not None:
        proven = signed or any(proof.word == "pass" for proof in hosts)
        unsure = any(proof.temporary for proof in (*keys, *hosts))
        result = Result.PASS if proven else Result.NONE if unsure else Result.FAIL
    return Authentication(result, found.wish, signed, _told(domain, found, result, (spf, dkim)))


def _told(domain: str, found: Found, result: Result, proofs: tuple[Proof | None, Sequence[Proof]]) -> str:
    spf, dkim = proofs
    word = "temperror" if found.unsure else result.value
    policy = f" (p={found.wish.value})" if found.record else ""
    said = [f"dmarc={word}{policy} header.from={domain}"]
    said += [f"spf={spf.word} smtp.mailfrom={spf.domain}"] if spf else []
    said += [f"dkim={proof.word} header.d={proof.domain}" for proof in dkim]
    return "; ".join(said)


def _texts(domain: str, lookup: Lookup) -> list[str] | None:
    found = lookup(f"_dmarc.{domain}", "TXT")
    return None if found is None else [text for text in found if _tags(text) is not None]


def _tags(text: str) -> dict[str, str] | None:
    """The tags by name; None where the text is no DMARC record: the version comes first (RFC 7489 section 6.4)."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    tags = {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
    first = pairs[0] if pairs else ("", "", "")
    return tags if first[0].strip() == "v" and first[2].strip() == _VERSION else None


def _wish(text: str | None) -> Wish | None:
    return next((wish for wish in Wish if text is not None and wish.value == text.lower()), None)


def _percent(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 3 else 100


def _sampled(wish: Wish, *, sure: bool) -> Wish:
    """Who asks for it in some cases only gets the milder treatment in all (RFC 7489 section 6.6.4)."""
    return wish if sure else {Wish.REJECT: Wish.QUARANTINE}.get(wish, Wish.NONE)
