"""The proof that an event is PayPal's: a signature, by a certificate that lies at PayPal and leads to a trusted root.

Rules:
- Signed is `transmission id|transmission time|webhook id|CRC-32 of the body`, the last in decimal, with SHA256withRSA.
  The webhook id is the secret; it binds the event to this one endpoint.
- The certificate comes over https from PayPal's own hosts alone, by the path that its kits use. It must bear PayPal's
  name for this, be in its time, and lead to a root that is given. PayPal hands it out alone, so that of its issuer is
  fetched from the issuer, where the certificate says.
- A CRC is no hash: who sees one event on its way can write another one to fit it. So the way must be https, and a path
  secret keeps strangers from the door.
- PayPal sends an event again for three days, and doesn't say whether under a new time: so times of four days are taken.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zlib import crc32

from worker.core import instant
from worker.core.instant import DAY, SECOND
from worker.core.raw_event import Forged, RawEvent

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

OLDEST: Final = 4 * DAY
AHEAD: Final = 300 * SECOND
"""How far a transmission's time may lie behind our clock and before it."""

_HOSTS: Final = ("api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com")
_PATH = re.compile(r"/v1/notifications/certs/CERT-[0-9A-Za-z-]{1,100}", re.ASCII)
_NAMES: Final = ("messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com")
_ISSUER = re.compile(r"https?://(cacerts\.digicert\.com/[0-9A-Za-z-]{1,100}\.crt)", re.ASCII)
_ALGORITHM: Final = "sha256withrsa"
_HEADERS: Final = {
    name: f"paypal-{name}" for name in ("transmission-id", "transmission-time", "transmission-sig", "cert-url")
}
_MOST = 1_000
"""Longer than any of these headers is."""


def lacking(raw: RawEvent, secrets: tuple[str, ...]) -> str | None:
    """The certificate's address, then its issuer's. Nothing is fetched for what can't be PayPal's anyway."""
    address = raw.headers.get(_HEADERS["cert-url"], "")
    if not any(secrets) or _malformed(raw) is not None:
        return None
    if address not in raw.fetched:
        return address
    issuer = _issuer_of(raw.fetched[address])
    return issuer if issuer not in raw.fetched else None


def forgery(raw: RawEvent, secrets: tuple[str, ...], now: int, roots: bytes) -> Forged | None:
    """Why the event isn't proven to be PayPal's; None where it is."""
    wrong = _malformed(raw) or _untimely(raw, now)
    if wrong is not None:
        return Forged(wrong)
    pem = raw.fetched.get(raw.headers[_HEADERS["cert-url"]])
    if pem is None:
        return Forged("its certificate could not be fetched")
    certificate = _trusted(pem, list(raw.fetched.values()), roots, now)
    if certificate is None:
        return Forged("its certificate is not PayPal's: out of its time, of another name, or of no issuer we trust")
    signed = any(_signed(raw, secret, certificate) for secret in secrets if secret)
    return None if signed else Forged("its signature does not hold for any of the webhook ids")


def _malformed(raw: RawEvent) -> str | None:
    for header in _HEADERS.values():
        if not 0 < len(raw.headers.get(header, "")) <= _MOST:
            return f"the header {header.title()} is missing"
    if raw.headers.get("paypal-auth-algo", "").lower() != _ALGORITHM:
        return "the header Paypal-Auth-Algo names no algorithm that PayPal uses"
    if not _at_paypal(raw.headers[_HEADERS["cert-url"]]):
        return "its certificate doesn't lie at PayPal"
    return None if _signature(raw) is not None else "the header Paypal-Transmission-Sig is malformed"


def _at_paypal(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (parts.scheme, parts.netloc in _HOSTS, parts.query, parts.fragment) == (
        "https",
        True,
        "",
        "",
    ) and _PATH.fullmatch(parts.path) is not None


def _untimely(raw: RawEvent, now: int) -> str | None:
    try:
        at = instant.parse(raw.headers[_HEADERS["transmission-time"]])
    except ValueError:
        return "the header Paypal-Transmission-Time is no time"
    if now - at > OLDEST:
        return "it was sent more than four days ago: a replay, or a clock that is wrong"
    return "it was sent in the future: is our clock wrong?" if at - now > AHEAD else None


def _signature(raw: RawEvent) -> bytes | None:
    try:
        return b64decode(raw.headers[_HEADERS["transmission-sig"]], validate=True)
    except (Error, ValueError):
        return None


def _issuer_of(pem: bytes) -> str | None:
    """Where the certificate of its issuer lies; None where it came along, or the certificate doesn't say."""
    from cryptography import x509  # here, for only shops with PayPal need it, and it is large
    from cryptography.x509.oid import AuthorityInformationAccessOID

    try:
        chain = x509.load_pem_x509_certificates(pem)
        said = chain[0].extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        found = [
            each.access_location.value
            for each in said
            if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
            and isinstance(each.access_location, x509.UniformResourceIdentifier)
        ]
    except (ValueError, IndexError, x509.ExtensionNotFound):
        return None
    named = [match[1] for address in found if (match := _ISSUER.fullmatch(address))]
    return f"https://{named[0]}" if named and len(chain) == 1 else None


def _trusted(pem: bytes, fetched: Sequence[bytes], roots: bytes, now: int) -> "Certificate | None":
    """The certificate, where it is PayPal's and leads to one of the roots at this time."""
    from cryptography import x509
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    moment = datetime.fromtimestamp(now // SECOND, UTC)
    try:
        certificate = x509.load_pem_x509_certificates(pem)[0]
        others = [each for data in fetched for each in _certificates(data) if each != certificate]
        builder = PolicyBuilder().store(Store(x509.load_pem_x509_certificates(roots))).time(moment)
    except (ValueError, IndexError):
        return None
    for name in _NAMES:
        try:
            builder.build_server_verifier(x509.DNSName(name)).verify(certificate, others)
        except (VerificationError, ValueError):
            continue
        return certificate
    return None


def _certificates(data: bytes) -> "list[Certificate]":
    """What an issuer hands out is DER, what PayPal does PEM."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        pass
    try:
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        return []


def _signed(raw: RawEvent, webhook_id: str, certificate: "Certificate") -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key, signature = certificate.public_key(), _signature(raw)
    if not isinstance(key, RSAPublicKey) or signature is None:
        return False
    sent, at = raw.headers[_HEADERS["transmission-id"]], raw.headers[_HEADERS["transmission-time"]]
    message = f"{sent}|{at}|{webhook_id}|{crc32(raw.body)}"
    try:
        key.verify(signature, message.encode("utf-8", "replace"), PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
