"""DNS records about mail, as texts: read what is published, write what should be (RFC 7208 and 6376).

Records to publish are lines of a zone file: whole names with their dot, texts in pieces of 255 at most.
"""

import re
from base64 import b64encode
from collections.abc import Sequence

from worker.mail.dkim import DkimKey

TTL = 3600
_PIECE = 255
"""RFC 1035, 3.3: the longest piece of a TXT record's text."""
_RELAYS = {
    "gmail.com": "_spf.google.com",
    "googlemail.com": "_spf.google.com",
    "amazonaws.com": "amazonses.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "postmarkapp.com": "spf.mtasv.net",
    "sendgrid.net": "sendgrid.net",
    "mailgun.org": "mailgun.org",
    "mailjet.com": "spf.mailjet.com",
    "brevo.com": "spf.brevo.com",
    "sparkpostmail.com": "sparkpostmail.com",
    "messagingengine.com": "spf.messagingengine.com",
    "fastmail.com": "spf.messagingengine.com",
    "zoho.com": "zohomail.com",
    "zoho.eu": "zohomail.eu",
    "migadu.com": "spf.migadu.com",
    "mailbox.org": "mailbox.org",
    "protonmail.ch": "_spf.protonmail.ch",
    "ovh.net": "mx.ovh.com",
}
"""A relay's domain → what its customers include in their SPF record, as its own manual says."""


def relay_include(host: str) -> str | None:
    """What an SPF record includes for this relay, where that is known."""
    labels = host.lower().split(".")
    return next((found for at in range(len(labels)) if (found := _RELAYS.get(".".join(labels[at:])))), None)


def spf_texts(texts: Sequence[str]) -> list[str]:
    """Those that are SPF records; a domain has one, or none (RFC 7208, 4.5)."""
    return [text for text in texts if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]


def spf_domains(record: str) -> list[str]:
    """The domains whose records it includes or gives way to."""
    return [
        each.lower().rstrip(".") for each in re.findall(r"[ +](?:include:|redirect=)([^ ]+)", record, re.IGNORECASE)
    ]


def spf_with(record: str | None, term: str) -> str:
    """The record with one more term, before what holds for all others."""
    if record is None:
        return f"v=spf1 {term} ~all"
    end = re.search(r" (?:[-~?+]?all|redirect=[^ ]+)", record, re.IGNORECASE)
    at = end.start() if end else len(record.rstrip())
    return f"{record[:at]} {term}{record[at:]}".rstrip()


def dkim_text(key: DkimKey) -> str:
    """What is published of a private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = key.private_key.public_key()
    if isinstance(key.private_key, Ed25519PrivateKey):
        return f"v=DKIM1; k=ed25519; p={b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()}"
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(der).decode()}"


def dkim_name(key: DkimKey) -> str:
    """Where it is published."""
    return f"{key.selector}._domainkey.{key.domain}"


def dkim_key_of(text: str) -> str | None:
    """The key in a published record, empty where it was taken back; None where it is no such record."""
    found = re.search(r"(?:^|;)\s*p\s*=([^;]*)", text)
    return re.sub(r"\s", "", found[1]) if found else None


def txt_line(name: str, text: str) -> str:
    """A TXT record as a line of a zone file."""
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    quoted = " ".join('"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces)
    return f"{name}. {TTL} IN TXT {quoted}"


def mx_line(domain: str, host: str) -> str:
    """An MX record as a line of a zone file."""
    return f"{domain}. {TTL} IN MX 10 {host}."


def address_line(host: str, address: str) -> str:
    """An A record as a line of a zone file."""
    return f"{host}. {TTL} IN A {address}"
