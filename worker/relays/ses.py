"""Amazon SES: bounces, complaints and deliveries through an SNS topic, both as notifications and as published events.

Rules:
- Anybody with an AWS account can have SNS sign a message, so the topic must be one of `relay.ses.secrets` (its ARN).
- The certificate comes over https from the SNS of a region alone, as SNS's documentation demands; it has its time.
- SES gives mails a Message-ID of its own; ours is among the mail's original headers, and the envelope sender, which
  names the delivery where bounce addresses are on, is the mail's source.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from worker.core.bounce import MOST_REPORTS, Happening, Reported, Returned, cleaned, failure, status_of
from worker.core.instant import SECOND
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.relays.relay import Reading, Relay, Secrets, json_object, objects, part, text

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_HOST = re.compile(r"sns\.[a-z]{2}(-[a-z]+)+-\d\.amazonaws\.com(\.cn)?")
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,100}\.pem")
_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": _NOTIFICATION,
    "SubscriptionConfirmation": _CONFIRMATION,
    "UnsubscribeConfirmation": _CONFIRMATION,
}
_NO_COMPLAINTS = ("not-spam", "auth-failure")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def certificate(event: RawEvent, topics: Secrets) -> str | None:
    """Where the certificate of its signature lies, None where it can't be SNS's word about our topic."""
    said = json_object(event.body)
    address = text(said, "SigningCertURL")
    # Nothing behind the path: who knows the topic could fill the room for certificates with copies of one.
    plain = "?" not in address and "#" not in address
    return address if plain and text(said, "TopicArn") in topics and _at_sns(address, _CERTIFICATE_PATH) else None


def verify(event: RawEvent, topics: Secrets, pem: bytes | None) -> Genuine | Forged:
    """By the signature of SNS (versions 1 and 2) over a message of our topic."""
    said = json_object(event.body)
    kind = text(said, "Type")
    if kind not in _SIGNED:
        return Forged("it is no message of SNS; is raw message delivery off?")
    if text(said, "TopicArn") not in topics:
        return Forged("its topic is none of relay.ses.secrets")
    if pem is None:
        return Forged("its certificate lies nowhere at SNS, or could not be fetched")
    if not _signed(said, _SIGNED[kind], pem, event.received_at):
        return Forged("its signature does not hold")
    return Genuine(cleaned(text(said, "MessageId")), kind)


def confirm(event: RawEvent, topics: Secrets) -> str | None:
    """The address by which a subscription of our own topic is confirmed."""
    said = json_object(event.body)
    address = text(said, "SubscribeURL")
    wanted = text(said, "Type") == "SubscriptionConfirmation" and text(said, "TopicArn") in topics
    return address if wanted and _at_sns(address, re.compile("/")) else None


def read(event: RawEvent) -> Reading:
    """What it tells of a mail."""
    said = json_object(event.body)
    if text(said, "Type") != "Notification":
        return Ignored(f"{text(said, 'Type')} of the topic")
    told = json_object(text(said, "Message").encode("utf-8", "replace"))
    kind = text(told, "notificationType") or text(told, "eventType")
    if not kind:
        return Ignored("the topic's own words, no notification of SES")
    if kind not in _REPORTS:
        return Ignored(f"{cleaned(kind)} says nothing of what became of a mail")
    reports = _REPORTS[kind](told)
    if not reports:
        return Unreadable("names no recipient", f"Message.{kind}")
    return _returned(part(told, "mail"), tuple(reports[:MOST_REPORTS]))


def _returned(mail: Mapping[str, object], reports: tuple[Reported, ...]) -> Returned:
    named = [text(part(mail, "commonHeaders"), "messageId")]
    named += [text(each, "value") for each in objects(mail, "headers") if text(each, "name").lower() == "message-id"]
    ids = (found for each in named for found in _MESSAGE_ID.findall(each if "<" in each else f"<{each}>"))
    return Returned("ses", reports, tuple(dict.fromkeys(ids)), envelope=text(mail, "source") or None)


def _bounce(told: Mapping[str, object]) -> list[Reported]:
    bounce = part(told, "bounce")
    permanent = text(bounce, "bounceType") == "Permanent"
    return [_failed(each, permanent=permanent) for each in objects(bounce, "bouncedRecipients")]


def _failed(recipient: Mapping[str, object], *, permanent: bool) -> Reported:
    """SES's own judgement, but for what the status shows to be no fault of the address."""
    status = status_of(text(recipient, "status"))
    happening = failure(status or "5.0.0") if permanent else Happening.SOFT
    return Reported(happening, text(recipient, "emailAddress"), status, cleaned(text(recipient, "diagnosticCode")))


def _complaint(told: Mapping[str, object]) -> list[Reported]:
    complaint = part(told, "complaint")
    kind = text(complaint, "complaintFeedbackType")
    happening = Happening.UNCLEAR if kind in _NO_COMPLAINTS else Happening.COMPLAINT
    recipients = objects(complaint, "complainedRecipients")
    return [Reported(happening, text(each, "emailAddress"), words=cleaned(kind)) for each in recipients]


def _delivery(told: Mapping[str, object]) -> list[Reported]:
    found = part(told, "delivery").get("recipients")
    recipients = [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
    words = cleaned(text(part(told, "delivery"), "smtpResponse"))
    return [Reported(Happening.DELIVERED, each, words=words) for each in recipients]


def _delay(told: Mapping[str, object]) -> list[Reported]:
    return [
        Reported(
            Happening.DELAYED,
            text(each, "emailAddress"),
            status_of(text(each, "status")),
            cleaned(text(each, "diagnosticCode")),
        )
        for each in objects(part(told, "deliveryDelay"), "delayedRecipients")
    ]


def _reject(told: Mapping[str, object]) -> list[Reported]:
    """SES took the mail and then found something bad in it: no fault of the address."""
    found = part(told, "mail").get("destination")
    recipients = [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
    words = cleaned(text(part(told, "reject"), "reason"))
    return [Reported(Happening.SOFT, each, words=words) for each in recipients]


_REPORTS = {
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Delivery": _delivery,
    "DeliveryDelay": _delay,
    "Reject": _reject,
}


def _at_sns(address: str, path: re.Pattern[str]) -> bool:
    try:
        parts = urlsplit(address)
        plain = parts.username is None and parts.password is None and parts.port in (None, 443)
    except ValueError:
        return False
    at_sns = parts.scheme == "https" and _HOST.fullmatch(parts.hostname or "") is not None
    return at_sns and plain and path.fullmatch(parts.path) is not None


def _signed(said: Mapping[str, object], names: tuple[str, ...], pem: bytes, now: int) -> bool:
    from cryptography import x509  # here, for only shops with SES need it, and it is large
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    # SHA-1 is what version 1 of SNS signs with: nobody chooses both text and hash here but AWS.
    digest = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(text(said, "SignatureVersion"))  # noqa: S303
    message = "".join(f"{name}\n{text(said, name)}\n" for name in names if name in said)
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = certificate.public_key()
        if digest is None or not isinstance(key, RSAPublicKey) or not _in_force(certificate, now):
            return False
        signature = b64decode(text(said, "Signature"), validate=True)
        key.verify(signature, message.encode(), PKCS1v15(), digest)
    except (InvalidSignature, Error, ValueError):
        return False
    return True


def _in_force(certificate: "Certificate", now: int) -> bool:
    """Within its time; SNS makes a new one every year, and an old one's key may be anybody's by now."""
    moment = datetime.fromtimestamp(now // SECOND, UTC)
    return certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc


RELAY = Relay("ses", verify, read, certificate, confirm)
