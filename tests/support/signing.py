"""Mails signed with DKIM by the library that mail servers use, with keys made for the test run."""

import base64
import functools

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa


@functools.cache
def rsa_key(bits: int = 1024) -> tuple[bytes, str]:
    """Private key (PEM) and what its DNS record says."""
    key = rsa.generate_private_key(65_537, bits)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


@functools.cache
def ed25519_key() -> tuple[bytes, str]:
    """Private key (base64) and what its DNS record says."""
    key = ed25519.Ed25519PrivateKey.generate()
    raw = (serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(key.private_bytes(*raw)), f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"


def signed(raw: bytes, domain: str, selector: str = "s1", **how: object) -> bytes:
    """The mail with a signature on top; `how` goes to the library, as does `key` where it isn't the usual one."""
    key = how.pop("key", None) or rsa_key()[0]
    line: bytes = dkim.sign(raw, selector.encode(), domain.encode(), key, **how)
    return line + raw
