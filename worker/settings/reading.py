"""How each kind of value is read from what the file or the environment says.

A reader takes the raw value and returns the read one, or raises ValueError with what is wrong and what to write. The
text never quotes the raw value, for that may be a secret.
"""

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from worker.settings.pictures import Picture, picture
from worker.settings.values import Database, Listen, Mailbox, Network, Security, Server, is_loopback

Read = TypeVar("Read")
Reader = Callable[[object], Read]

_SMTP: dict[str, tuple[Security, int]] = {
    "smtp": ("plain", 25),
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
}
_IMAP: dict[str, tuple[Security, int]] = {"imaps": ("tls", 993), "imap": ("plain", 143)}

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAILBOX = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]*)>')
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9.])?")


def text(raw: object) -> str:
    """One line of text. Line breaks are refused: in a name they would start a header of their own (RFC 5322 2.2)."""
    if isinstance(raw, dict):
        raise ValueError("is one value, not a table")
    if not isinstance(raw, str):
        raise ValueError('is not text; write it in quotes: "…"')
    if _CONTROLS.search(raw):
        raise ValueError("holds a line break or another control character; write it on one line")
    return raw.strip()


def optional(read: Reader[Read]) -> Reader[Read | None]:
    """Like `read`, but the empty text means "not set", as from `LETTERKEY_…=` in a compose file."""
    return lambda raw: None if raw is None or raw == "" else read(raw)


def several(read: Reader[Read]) -> Reader[tuple[Read, ...]]:
    """A list; in the environment as JSON or separated by commas."""
    return lambda raw: tuple(read(each) for each in _items(raw))


def _items(raw: object) -> list[object]:
    if isinstance(raw, list | tuple):
        return list(raw)
    one = text(raw)
    if not one.startswith("["):
        return [each.strip() for each in one.split(",") if each.strip()]
    try:
        found = json.loads(one)
    except json.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise ValueError('is no list; write a,b or as JSON ["a", "b"]')
    return found


def secret(raw: object) -> SecretStr:
    """A secret of others (an API key, a signing secret): any visible characters."""
    found = raw.get_secret_value() if isinstance(raw, SecretStr) else text(raw)
    if not found or any(each.isspace() for each in found):
        raise ValueError("is empty or holds a space; copy it again, in one piece")
    return SecretStr(found)


def own_key(raw: object) -> SecretStr:
    """A key that signs links: short ones could be guessed from a single link."""
    found = secret(raw)
    if len(found) < 16:
        raise ValueError("is too short, at least 16 characters; make one with: openssl rand -hex 32")
    return found


def path_secret(raw: object) -> SecretStr:
    found = secret(raw)
    if not re.fullmatch(r"[A-Za-z0-9._~-]+", found.get_secret_value()):
        raise ValueError("stands in a URL; write only letters, digits and . _ ~ -")
    return found


def address(raw: object) -> str:
    """An email address: local part as written, domain as A-label."""
    from email_validator import EmailNotValidError, validate_email  # here, for it is slow to import

    try:
        found = validate_email(text(raw), allow_smtputf8=False, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("is no email address; write one like shop@example.com") from None
    return f"{found.local_part}@{found.ascii_domain}"


def mailbox(raw: object) -> Mailbox:
    one = text(raw)
    found = _MAILBOX.fullmatch(one)
    if not found:
        return Mailbox("", address(one))
    name = re.sub(r"\\(.)", r"\1", found["quoted"]) if found["quoted"] is not None else found["plain"]
    return Mailbox(name.strip(), address(found["address"]))


def listen(raw: object) -> Listen:
    one = text(raw)
    parts = _split(f"//{one}", "write host:port, for example 127.0.0.1:8080 or [::1]:8080")
    if not parts.hostname or parts.port is None or parts.username is not None or parts.path:
        raise ValueError("is no host:port; write 127.0.0.1:8080, or 0.0.0.0:8080 for every network of this machine")
    return Listen(_host(parts), parts.port)


def name_server(raw: object) -> Listen:
    """A DNS server by its address: asking for its name would need one."""
    wanted = "write the address of a DNS server, like 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353"
    one = text(raw)
    with suppress(ValueError):
        return Listen(str(ipaddress.ip_address(one)), 53)
    parts = _split(f"//{one}", wanted)
    try:
        host = str(ipaddress.ip_address(parts.hostname or ""))
    except ValueError:
        raise ValueError(f"is no address; {wanted}") from None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        raise ValueError(f"is more than an address and a port; {wanted}")
    return Listen(host, parts.port or 53)


def network(raw: object) -> Network:
    try:
        return ipaddress.ip_network(text(raw))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text(raw), strict=False)
    except ValueError:
        raise ValueError("is no network; write one like 10.0.0.0/8, 192.0.2.7 or fd00::/8") from None
    raise ValueError(f"names a machine within a network; write {meant} for the whole network")


def relay(raw: object) -> Server:
    return _server(text(raw), _SMTP, "smtp+starttls://user:password@host:587")


def imap(raw: object) -> Server:
    return _server(text(raw), _IMAP, "imaps://user:password@host:993/INBOX")


def _server(url: str, schemes: dict[str, tuple[Security, int]], example: str) -> Server:
    wanted = f"write it like {example}, with / : @ # % in user or password as %2F %3A %40 %23 %25"
    parts = _split(url, wanted)
    if parts.scheme not in schemes:
        raise ValueError(f"starts with none of {', '.join(f'{each}://' for each in schemes)}; {wanted}")
    if not parts.hostname or parts.query or parts.fragment or (schemes is _SMTP and parts.path not in ("", "/")):
        raise ValueError(f"is no mail server's URL; {wanted}")
    if parts.password is not None and not parts.username:
        raise ValueError(f"has a password without a user; {wanted}")
    security, port = schemes[parts.scheme]
    return Server(
        security=security,
        host=_host(parts),
        port=port if parts.port is None else parts.port,
        user=_decoded(parts.username) if parts.username else None,
        password=SecretStr(_decoded(parts.password)) if parts.password else None,
        mailbox="" if schemes is _SMTP else _decoded(parts.path.strip("/")) or "INBOX",
    )


def _decoded(part: str) -> str:
    try:
        return text(unquote(part, errors="strict"))
    except UnicodeDecodeError:
        raise ValueError("has a % that is no UTF-8 percent-encoding; write % as %25") from None


def base_url(raw: object) -> str:
    """The public address without a path: links are built from it alone."""
    parts = _web(raw, "write only scheme and host, like https://shop.example")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("has a path or query; write only scheme and host, like https://shop.example")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def web_url(raw: object) -> str:
    _web(raw, "write it like https://shop.example/help")
    return text(raw)


def api_url(raw: object) -> str:
    """Where an API lies, other than where it lies for everybody: the key goes there, so not in the clear."""
    wanted = "write it like https://api.provider.example, or http://127.0.0.1:8420 for a stand-in on this machine"
    parts = _web(raw, wanted)
    if parts.query or parts.fragment or (parts.scheme != "https" and not is_loopback(parts.hostname or "")):
        raise ValueError(f"would send the key in the clear or holds a query; {wanted}")
    return text(raw).rstrip("/")


def _web(raw: object, wanted: str) -> SplitResult:
    one = text(raw)
    parts = _split(one, wanted)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or " " in one:
        raise ValueError(f"is no web address; {wanted}")
    _host(parts)
    return parts


def database(raw: object) -> Database:
    url = raw.get_secret_value() if isinstance(raw, SecretStr) else text(raw)
    wanted = "write sqlite:///folder/file.db (sqlite://// for an absolute path) or postgresql://user:password@host/name"
    if url.startswith("sqlite:///") and ":memory:" not in url and len(url) > len("sqlite:///"):
        return Database("sqlite", SecretStr(url), Path(url.removeprefix("sqlite:///")))
    if url.startswith("postgresql://"):
        _split(url, wanted)
        return Database("postgresql", SecretStr(url), None)
    raise ValueError(f"is no database that Letterkey knows; {wanted}")


def _split(url: str, wanted: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here, for urlsplit checks the port only when it is asked
    except ValueError:
        raise ValueError(f"has an impossible host or port; {wanted}") from None
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" not in host and not _HOST.fullmatch(host):
        raise ValueError("has an impossible host name; write other alphabets as an A-label (xn--…)")
    return host


def path(raw: object) -> Path:
    return Path(text(str(raw) if isinstance(raw, Path) else raw)).expanduser()


def logo(raw: object) -> Path | Picture:
    """A file, or the picture itself as a `data:` URL of base64; that is how one lies in the database."""
    if not isinstance(raw, str) or not raw.startswith("data:"):
        return path(raw)
    _, comma, encoded = raw.partition(";base64,")
    try:
        return picture(base64.b64decode(encoded if comma else "?", validate=True))
    except binascii.Error:
        raise ValueError("is no data: URL of base64; write the name of a file") from None


def colour(raw: object) -> str:
    found = text(raw)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", found):
        raise ValueError("is no colour; write # and six hex digits, like #1f5c4d")
    return found.lower()


def prefix(raw: object) -> str:
    found = text(raw)
    if not re.fullmatch(r"[A-Za-z0-9./_-]{0,20}", found):
        raise ValueError("may hold letters, digits and . / _ - only, at most 20 of them")
    return found
