"""SNS as SES speaks through it: a key of the test's own, its certificate, and messages signed with it."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from support.databases import START
from worker.core.instant import SECOND

TOPIC = "arn:aws:sns:eu-west-1:123456789012:letterkey"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
SUBSCRIBE_URL = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t"
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@cache
def key(name: str = "sns") -> rsa.RSAPrivateKey:
    """The signing key of that name: another name is a forger's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str = "sns", days: tuple[int, int] = (-1, 1)) -> bytes:
    """The certificate of that key, good from one day to another, counted from the tests' own."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.fromtimestamp(START // SECOND, UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key(name).public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .sign(key(name), hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


def message(version: str = "2", signer: str = "sns", **fields: str) -> dict[str, str]:
    """A signed message of SNS."""
    said = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Timestamp": "2026-11-22T18:48:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
    } | fields
    text = "".join(f"{name}\n{said[name]}\n" for name in _SIGNED if name in said)
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = key(signer).sign(text.encode(), padding.PKCS1v15(), digest)
    return said | {"Signature": b64encode(signature).decode()}


def notification(told: object, version: str = "2", **fields: str) -> bytes:
    """A notification of SES, signed."""
    return json.dumps(message(version, Message=json.dumps(told), **fields)).encode()


def confirmation(**fields: str) -> bytes:
    """SNS asks whether we want a topic's messages."""
    asked = {
        "Type": "SubscriptionConfirmation",
        "Token": "t",
        "Message": "You have chosen",
        "SubscribeURL": SUBSCRIBE_URL,
    }
    return json.dumps(message(**(asked | fields))).encode()


def mail(**more: object) -> dict[str, object]:
    """The `mail` object of SES's notifications."""
    return {
        "timestamp": "2026-11-22T18:48:00.000Z",
        "messageId": "0000014644fe5ef6-9a483358-9170-4cb4-a269-f5dcdf415321-000000",
        "source": "shop@example.org",
        "destination": ["ada@example.com"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "shop@example.org"},
            {"name": "Message-ID", "value": "<ours@example.org>"},
        ],
        "commonHeaders": {"from": ["shop@example.org"], "messageId": "ours@example.org"},
    } | more


def bounce(kind: str = "Permanent", status: str = "5.1.1", **more: object) -> dict[str, object]:
    """The `bounce` object."""
    recipient = {
        "emailAddress": "ada@example.com",
        "action": "failed",
        "status": status,
        "diagnosticCode": f"smtp; 550 {status} user unknown",
    }
    return {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [recipient], "feedbackId": "f"} | more
