"""What one setting demands of another.

`cross_problems` holds for every command and stops the start; `run_problems` adds what only a `run`, which mails real
customers, must be sure of.
"""

import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from worker.settings.fields import KNOWN_KINDS, KNOWN_RELAYS
from worker.settings.model import Tables
from worker.settings.values import is_loopback

FACES = ("hub", "inbound", "transactions", "outbound")
SHORTEST_KEY = 16
"""Characters: whoever guesses a key can have receipts mailed to anybody."""
LONGEST_BOUNCE_LOCAL = 15
"""Characters: behind it come a mail's id, the number of its attempt and a MAC (RFC 5321 section 4.5.3.1.1)."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MEANT = {
    "dkim_key": "the file of the private key",
    "dkim_selector": "the name of the key's DNS record",
    "tls_cert": "the file of the certificate chain",
    "tls_key": "the file of its private key",
}

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The key to change, what to do, and the key whose value demands it (where that is another)."""

    key: Key
    text: str
    because: Key | None = None


def cross_problems(tables: Tables) -> list[Found]:
    return [*_databases(tables), *_api_keys(tables), *_pairs(tables), *_logins(tables), *_names(tables)]


def run_problems(tables: Tables, faces: Collection[str]) -> list[Found]:
    found = [*_sources(tables), *_relay_webhooks(tables)] if "hub" in faces else []
    if "outbound" in faces:
        found += [*_relay(tables), *_bounces(tables), *_endpoints(tables)]
    if "transactions" in faces or "outbound" in faces:
        found += [*_sender(tables, faces), *_files(tables)]
    if "inbound" in faces:
        found += [*_mail_door(tables)]
    return [*found, *_public(tables)]


def _databases(tables: Tables) -> Iterator[Found]:
    url = tables.database_url
    if url is not None and url.kind == "postgresql" and not tables.secret_keys:
        # Several machines would each make keys of their own, and refuse each other's links.
        yield Found(
            ("secret_keys",),
            "must be set with PostgreSQL, the same on every machine; make one: openssl rand -hex 32",
            ("database_url",),
        )


def _api_keys(tables: Tables) -> Iterator[Found]:
    if any(len(key.get_secret_value()) < SHORTEST_KEY for key in tables.api_keys):
        yield Found(
            ("api_keys",),
            f"holds a key of fewer than {SHORTEST_KEY} characters, easily guessed; make one: openssl rand -hex 32",
        )


def _pairs(tables: Tables) -> Iterator[Found]:
    """Settings that are of no use without one another."""
    mail, inbound = tables.mail, tables.inbound
    dkim = (("dkim_key", mail.dkim_key), ("dkim_selector", mail.dkim_selector))
    tls = (("tls_cert", inbound.tls_cert), ("tls_key", inbound.tls_key))
    for table, (one, other) in (("mail", dkim), ("mail", dkim[::-1]), ("inbound", tls), ("inbound", tls[::-1])):
        if one[1] and not other[1]:
            needed, because = (table, other[0]), (table, one[0])
            yield Found(needed, f"is needed with {'.'.join(because)}; write {_MEANT[other[0]]}", because)


def _logins(tables: Tables) -> Iterator[Found]:
    """No password goes over a network in the clear, and none is forgotten."""
    imap, relay = tables.inbound.imap_url, tables.mail.smtp_url
    key = ("inbound", "imap_url")
    if imap and not imap.user:
        yield Found(key, "names no user; write imaps://user:password@host:993/INBOX")
    if imap and imap.user and not imap.password and not tables.inbound.imap_token_command:
        yield Found(key, "has no password; write one there, or set inbound.imap_token_command")
    if imap and imap.security == "plain" and not imap.loopback:
        yield Found(key, "would send its password in the clear; write imaps://")
    if tables.inbound.imap_token_command and _words(tables.inbound.imap_token_command) is None:
        yield Found(("inbound", "imap_token_command"), "has a quote that never ends; write it as you would in a shell")
    if relay and relay.security == "plain" and relay.user and not relay.loopback:
        yield Found(("mail", "smtp_url"), "would send its password in the clear; write smtps:// or smtp+starttls://")


def _words(command: str) -> list[str] | None:
    try:
        return shlex.split(command)
    except ValueError:
        return None


def _names(tables: Tables) -> Iterator[Found]:
    for table, names in (("sources", tables.sources), ("relay", tables.relay), ("endpoints", tables.endpoints)):
        for name in names:
            if not _NAME.fullmatch(name):
                yield Found((table, name), "is no good name; write lower-case letters, digits, - and _, at most 40")
    for name in tables.relay:
        if name not in KNOWN_RELAYS:
            yield Found(
                ("relay", name), f"is no relay whose webhooks are known; there are {' and '.join(KNOWN_RELAYS)}"
            )
    for name in ("relay", "api"):
        if name in tables.sources:
            yield Found(("sources", name), f"may not be called {name}, that name is taken; choose another")
    for name, source in tables.sources.items():
        if name in KNOWN_KINDS and source.kind != name:
            yield Found(
                ("sources", name, "kind"), f"differs from the source's name; call it {source.kind}, or leave kind out"
            )


def _sources(tables: Tables) -> Iterator[Found]:
    for name, source in tables.sources.items():
        if not source.secrets:
            yield Found(
                ("sources", name, "secrets"), f"is empty, so anybody could forge an event; copy it from {source.kind}"
            )


def _relay_webhooks(tables: Tables) -> Iterator[Found]:
    for name, relay in tables.relay.items():
        if not relay.secrets:
            yield Found(("relay", name, "secrets"), "is empty, so anybody could tell of bounces; see docs/bounces.md")


def _endpoints(tables: Tables) -> Iterator[Found]:
    """What goes there names customers, and whoever can't prove it must not act on it."""
    for name, endpoint in tables.endpoints.items():
        if endpoint.url is None:
            continue
        if not endpoint.secrets:
            text = "is empty, so nothing could be signed; make one: openssl rand -base64 32, behind whsec_"
            yield Found(("endpoints", name, "secrets"), text)
        where = urlsplit(endpoint.url)
        if where.scheme != "https" and not is_loopback(where.hostname or ""):
            yield Found(("endpoints", name, "url"), "would send customers' addresses in the clear; write https://")


def _relay(tables: Tables) -> Iterator[Found]:
    if not tables.mail.smtp_url:
        yield Found(("mail", "smtp_url"), "is not set, so no mail can go; write smtp+starttls://user:password@host:587")
    if tables.mail.dkim_key and not tables.mail.dkim_key.is_file():
        yield Found(("mail", "dkim_key"), "names a file that is not there")


def _bounces(tables: Tables) -> Iterator[Found]:
    local = (tables.mail.bounce_address or "").rpartition("@")[0]
    if len(local) > LONGEST_BOUNCE_LOCAL:
        told = (
            f"has more than {LONGEST_BOUNCE_LOCAL} characters before its @; the rest of the 64 is taken by what we add"
        )
        yield Found(("mail", "bounce_address"), told)


def _sender(tables: Tables, faces: Collection[str]) -> Iterator[Found]:
    """Links and alerts have a sender also where no receipt goes out."""
    sends = {tables.receipts.style, *(each.receipt_style for each in tables.products.values())} - {"none", None}
    if (sends or "outbound" in faces) and not tables.mail.from_:
        yield Found(("mail", "from"), 'is not set; write who mails come from, like "Your shop <shop@example.com>"')
    chosen = "reply_to" in tables.receipts.model_fields_set
    if sends and chosen and tables.receipts.reply_to == "access" and not tables.mail.access_address:
        yield Found(("mail", "access_address"), 'is needed with receipts.reply_to = "access"; or choose "support"')
    replies_come_in = tables.receipts.reply_to == "access" and tables.mail.access_address
    if sends and replies_come_in and not (tables.inbound.forward_to or tables.business.support_email):
        yield Found(
            ("business", "support_email"),
            "is not set, and neither is inbound.forward_to, so what customers reply to a receipt would reach nobody",
        )


def _mail_door(tables: Tables) -> Iterator[Found]:
    """A mail door without an address takes no mail, and what people write to it must reach somebody."""
    mail, inbound = tables.mail, tables.inbound
    if not inbound.smtp_listen and not inbound.imap_url:
        return
    because = ("inbound", "smtp_listen" if inbound.smtp_listen else "imap_url")
    if not mail.access_address:
        text = f"is needed with {'.'.join(because)}; one like access@x.example"
        yield Found(("mail", "access_address"), text, because)
    forward_to = inbound.forward_to or tables.business.support_email
    if not forward_to:
        yield Found(
            ("inbound", "forward_to"),
            "is not set, and neither is business.support_email, so what people write would reach nobody",
            because,
        )
    elif mail.access_address and forward_to.lower() == mail.access_address.lower() and not _stays(tables, forward_to):
        key = ("inbound", "forward_to") if inbound.forward_to else ("business", "support_email")
        yield Found(key, "is the access address itself; write the address of a person's mailbox", because)
    for name, path in (("tls_cert", inbound.tls_cert), ("tls_key", inbound.tls_key)):
        if path and not path.is_file():
            yield Found(("inbound", name), "names a file that is not there")


def _stays(tables: Tables, forward_to: str) -> bool:
    """Whether people read the very mailbox that all mail comes by: then nothing is forwarded."""
    imap = tables.inbound.imap_url
    return imap is not None and not tables.inbound.smtp_listen and (imap.user or "").lower() == forward_to.lower()


def _files(tables: Tables) -> Iterator[Found]:
    logo = tables.business.logo
    if isinstance(logo, Path) and not logo.is_file():
        yield Found(("business", "logo"), "names a file that is not there")


def _public(tables: Tables) -> Iterator[Found]:
    """Links that only this machine can open, or that travel in the clear, must not go to real customers."""
    relay, base = tables.mail.smtp_url, urlsplit(tables.base_url)
    if not relay or relay.loopback:
        return
    if is_loopback(base.hostname or ""):
        yield Found(
            ("base_url",), "is this machine alone, but mail goes to a real relay; write the public https:// address"
        )
    elif base.scheme != "https":
        yield Found(
            ("base_url",), "is plain http, but mail goes to a real relay; write https://, links must not be read"
        )
