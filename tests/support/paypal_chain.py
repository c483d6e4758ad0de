"""PayPal's chain of certificates as the tests have it (root, issuer, PayPal's own), and events signed by its end."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4
from zlib import crc32

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

WEBHOOK_ID = "5TH47159DK785634N"
LIVE, SANDBOX = "messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com"
CERTIFICATE_URL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"
ISSUER_URL = "https://cacerts.digicert.com/TestIssuer.crt"
NOW = datetime(2026, 11, 22, 18, 48, 5, tzinfo=UTC)
"""When the tests' events are signed, and the middle of every certificate's time."""


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """The key of that name."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def root(name: str = "root") -> x509.Certificate:
    """A root; another name is a stranger's."""
    return _issued(name, name, name, authority=True)


@cache
def issuer(of: str = "root") -> x509.Certificate:
    """Who issues PayPal's certificates, under that root."""
    return _issued(f"issuer of {of}", f"issuer of {of}", of, authority=True)


@cache
def certificate(
    host: str = LIVE, of: str = "root", days: tuple[int, int] = (-90, 90), signer: str = "paypal"
) -> x509.Certificate:
    """PayPal's certificate: its name, under which root, good from one day to another, and for which key."""
    return _issued(host, signer, f"issuer of {of}", authority=False, days=days)


def pem(*certificates: x509.Certificate) -> bytes:
    """As a file."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def lying(of: str = "root", **leaf: object) -> dict[str, bytes]:
    """What lies where the certificates say: PayPal's as PEM, its issuer's as DER."""
    return {
        CERTIFICATE_URL: pem(certificate(of=of, **leaf)),
        ISSUER_URL: issuer(of).public_bytes(Encoding.DER),
    }


def headers(body: bytes, webhook_id: str = WEBHOOK_ID, at: datetime = NOW, signer: str = "paypal") -> dict[str, str]:
    """The headers of a delivery, signed."""
    sent, time = str(uuid4()), at.strftime("%Y-%m-%dT%H:%M:%SZ")
    message = f"{sent}|{time}|{webhook_id}|{crc32(body)}".encode()
    signature = key(signer).sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "paypal-transmission-id": sent,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": b64encode(signature).decode(),
        "paypal-cert-url": CERTIFICATE_URL,
        "paypal-auth-algo": "SHA256withRSA",
        "content-type": "application/json",
    }


def in_capitals(found: Mapping[str, str]) -> dict[str, str]:
    """The same headers as PayPal spells them."""
    return {name.upper(): value for name, value in found.items()}


def _issued(name: str, of: str, by: str, *, authority: bool, days: tuple[int, int] = (-900, 900)) -> x509.Certificate:
    ours, theirs = key(of).public_key(), key(by).public_key()
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(ours)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ours), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs), critical=False)
        .add_extension(_uses(authority=authority), critical=True)
    )
    return (built if authority else _of_a_server(built, name)).sign(key(by), hashes.SHA256())


def _of_a_server(built: x509.CertificateBuilder, name: str) -> x509.CertificateBuilder:
    lies = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(ISSUER_URL.replace("https", "http"))
    )
    return (
        built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([lies]), critical=False)
    )


def _uses(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
