"""How each provider proves its events, for tests that hold all of them to the same demands."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from sources.goldens import body_of
from support import paypal_chain
from support.databases import START
from worker.core.instant import DAY, SECOND
from worker.core.standard_webhooks import SIGNATURE, signed_headers
from worker.sources import SOURCES
from worker.sources.event import Forged, Genuine, RawEvent, Source
from worker.sources.paypal import trusting

AT = START // SECOND
"""When the tests' events are signed, in seconds."""
Headers = dict[str, str]
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, slots=True)
class Prover:
    """`headers` proves a body with a secret at a second. `in_body`: the secret stands in the body and proves no other
    byte of it. `tolerance`: how many seconds it may be old and ahead; None: nothing in it tells a time, and a replay is
    known by its bytes. `among_others` puts a proof between two of somebody else's, where there may be several.
    """

    kind: str
    body: bytes
    secret: str
    another: str
    headers: Callable[[bytes, str, int], Headers]
    in_body: bool = False
    tolerance: tuple[int, int] | None = (300, 300)
    among_others: Callable[[Headers], Headers] | None = None
    fetched: Callable[[], Mapping[str, bytes]] = dict

    @property
    def source(self) -> Source:
        """The reader; PayPal's trusts the tests' own root."""
        return trusting(paypal_chain.pem(paypal_chain.root())) if self.kind == "paypal" else SOURCES[self.kind]

    def proven_body(self, secret: str) -> bytes:
        """The event as the owner of this secret would send it."""
        return self.body.replace(self.secret.encode(), secret.encode()) if self.in_body else self.body

    def verify(self, headers: Headers, body: bytes, secrets: tuple[str, ...], now: int = AT) -> Genuine | Forged:
        """What the source says of an event that comes at the second `now`."""
        raw = RawEvent(headers, body, now * SECOND, self.fetched())
        return self.source.verify(raw, secrets, now * SECOND)


def _hex(message: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _stripe(body: bytes, secret: str, at: int) -> Headers:
    return {"content-type": _JSON, "stripe-signature": f"t={at},v1={_hex(f'{at}.'.encode() + body, secret)}"}


def _paddle(body: bytes, secret: str, at: int) -> Headers:
    return {"content-type": _JSON, "paddle-signature": f"ts={at};h1={_hex(f'{at}:'.encode() + body, secret)}"}


def _lemonsqueezy(body: bytes, secret: str, _at: int) -> Headers:
    return {"content-type": _JSON, "x-signature": _hex(body, secret)}


def _standard(body: bytes, secret: str, at: int) -> Headers:
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:16]}"  # the same event has the same
    return {"content-type": _JSON, **signed_headers((secret,), message_id, at, body)}


def _paypal(body: bytes, secret: str, at: int) -> Headers:
    return paypal_chain.headers(body, secret, datetime.fromtimestamp(at, UTC))


def _form(_body: bytes, _secret: str, _at: int) -> Headers:
    return {"content-type": _FORM}


def _among(header: str, proof: str, between: str, foreign: str) -> Callable[[Headers], Headers]:
    def several(headers: Headers) -> Headers:
        told = headers[header]
        found = told[told.index(proof) :]
        return {**headers, header: told.replace(found, between.join((foreign, found, foreign)))}

    return several


PROVERS: Mapping[str, Prover] = {
    each.kind: each
    for each in (
        Prover(
            "gumroad", body_of("gumroad", "sale.form").replace(b"kL0psVL2admJSYRNs-OCMg%3D%3D", b"seller-of-tests"),
            "seller-of-tests", "another-seller", _form, in_body=True, tolerance=None,
        ),
        Prover(
            "lemonsqueezy", body_of("lemonsqueezy", "order_created.json"), "squeezed", "other", _lemonsqueezy,
            tolerance=None,
        ),
        Prover(
            "paddle", body_of("paddle", "transaction.completed.json"), "pdl_ntfset_1", "pdl_ntfset_2", _paddle,
            among_others=_among("paddle-signature", "h1=", ";", f"h1={'0' * 64}"),
        ),
        Prover(
            "paypal", body_of("paypal", "PAYMENT.CAPTURE.COMPLETED.json"), paypal_chain.WEBHOOK_ID, "ANOTHER0WEBHOOK",
            _paypal, tolerance=(4 * DAY // SECOND, 300), fetched=cache(paypal_chain.lying),
        ),
        Prover(
            "standard", body_of("standard", "sale.json"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_" + "QUJD" * 8, _standard,
            among_others=_among(SIGNATURE, "v1,", " ", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="),
        ),
        Prover(
            "stripe", body_of("stripe", "invoice.paid.json"), "whsec_one", "whsec_another", _stripe,
            among_others=_among("stripe-signature", "v1=", ",", f"v1={'0' * 64}"),
        ),
        Prover(
            "thrivecart", body_of("thrivecart", "order.success.form"), "TEST0SECRET0WORD", "ANOTHER0WORD", _form,
            in_body=True, tolerance=None,
        ),
    )
}  # fmt: skip
