"""When a certificate ends, as its file says it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from worker.core.certificate import ends_at
from worker.core.instant import from_datetime


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2120])
def test_the_end_of_a_certificate(year: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.shop.example")])
    end = datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(end - timedelta(days=90))
    pem = builder.not_valid_after(end).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    assert ends_at(pem) == from_datetime(end)
    assert ends_at(b"-----BEGIN NONSENSE-----\n\n" + pem + pem) == from_datetime(end)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_none_says_nothing(pem: bytes) -> None:
    assert ends_at(pem) is None
