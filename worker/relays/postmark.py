"""Postmark's webhooks: Bounce, SpamComplaint, Delivery and SubscriptionChange.

Postmark signs nothing. As its documentation proposes, the webhook's address carries a user and password, or the webhook
a header of its own: either holds a secret of ours. Its MessageID is Postmark's own, so our mails carry their id as
metadata, which every webhook repeats.
"""

import hashlib
import hmac
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from worker.core.bounce import Happening, Reported, Returned, cleaned
from worker.core.raw_event import Forged, Genuine, Ignored, RawEvent, Unreadable
from worker.relays.relay import Reading, Relay, Secrets, json_object, part, text

SECRET_HEADER = "x-letterkey-secret"  # noqa: S105 - the header's name
_METADATA = "letterkey"
_BOUNCES = {
    "HardBounce": Happening.HARD,
    "BadEmailAddress": Happening.HARD,
    "ManuallyDeactivated": Happening.HARD,
    "SpamComplaint": Happening.COMPLAINT,
    "Transient": Happening.SOFT,
    "DnsError": Happening.SOFT,
    "SpamNotification": Happening.SOFT,
    "SoftBounce": Happening.SOFT,
    "VirusNotification": Happening.SOFT,
    "Blocked": Happening.SOFT,
    "SMTPApiError": Happening.SOFT,
    "InboundError": Happening.SOFT,
    "DMARCPolicy": Happening.SOFT,
    "TemplateRenderingFailed": Happening.SOFT,
    "Unknown": Happening.SOFT,
}
"""By Type; all others (AutoResponder, AddressChange, Subscribe …) are no failures."""
_SUPPRESSIONS = {"HardBounce": Happening.HARD, "SpamComplaint": Happening.COMPLAINT}


def verify(event: RawEvent, secrets: Secrets, _: bytes | None) -> Genuine | Forged:
    """By the user and password, or by the header."""
    given = [event.headers.get(SECRET_HEADER, ""), _user_and_password(event.headers.get("authorization", ""))]
    if not any(each and hmac.compare_digest(each.encode(), secret.encode()) for each in given for secret in secrets):
        return Forged("it carries none of relay.postmark.secrets")
    said = json_object(event.body)
    number = said.get("ID")
    told = str(number) if isinstance(number, int) else hashlib.sha256(event.body).hexdigest()
    name = cleaned(text(said, "RecordType")) or "unknown"
    return Genuine(f"{name}:{told}", name)


def read(event: RawEvent) -> Reading:
    """What it tells of a mail."""
    said = json_object(event.body)
    kind = text(said, "RecordType")
    if kind in ("Bounce", "SpamComplaint"):
        happening = _BOUNCES.get(text(said, "Type"), Happening.UNCLEAR)
        return _told(said, Happening.COMPLAINT if kind == "SpamComplaint" else happening, "Email")
    if kind == "Delivery":
        return _told(said, Happening.DELIVERED, "Recipient")
    if kind == "SubscriptionChange":
        return _changed(said)
    return Ignored(f"{cleaned(kind)} says nothing of what became of a mail") if kind else _unreadable("RecordType")


def _changed(said: Mapping[str, object]) -> Reading:
    if said.get("SuppressSending") is not True:
        return Ignored("Postmark sends to this address again; here letterkey resend --lift says so")
    reason, origin = text(said, "SuppressionReason"), text(said, "Origin")
    own_wish = reason == "ManualSuppression" and origin == "Recipient"  # by the unsubscribe link that Postmark adds
    happening = Happening.COMPLAINT if own_wish else _SUPPRESSIONS.get(reason, Happening.UNCLEAR)
    return _told(said, happening, "Recipient")


def _told(said: Mapping[str, object], happening: Happening, field: str) -> Reading:
    address = text(said, field)
    if "@" not in address:
        return _unreadable(field)
    words = cleaned(text(said, "Details") or text(said, "Description") or text(said, "SuppressionReason"))
    mail = text(part(said, "Metadata"), _METADATA)
    return Returned("postmark", (Reported(happening, address, None, words),), mails=(mail,) if mail else ())


def _unreadable(field: str) -> Unreadable:
    return Unreadable("is missing, or no text", field)


def _user_and_password(header: str) -> str:
    scheme, _, encoded = header.partition(" ")
    try:
        return b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except (Error, ValueError):
        return ""


RELAY = Relay("postmark", verify, read, mark=f"X-PM-Metadata-{_METADATA}")
