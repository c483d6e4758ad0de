"""How long a certificate is still good, in words."""

import re

from worker.checks.finding import Area, Finding
from worker.core.instant import DAY, to_datetime

SOON = 14
"""Days: who renews by itself does so a month before the end; what hasn't by now needs a person."""


def lasting(area: Area, ends: int, now: int) -> Finding:
    """`ends` and `now` in microseconds; the certificate was good when it was shown."""
    days = (ends - now) // DAY
    until = f"until {to_datetime(ends):%d %b %Y}"
    if days < SOON:
        return area.look("certificate", f"good {until}, {days} days more", "renew it, and find out why nothing did")
    return area.works("certificate", f"good {until}")


def refusal(words: str) -> str:
    """OpenSSL's words without its file and line."""
    return re.sub(r"\[SSL: \w+\] | \(_ssl\.c:\d+\)", "", words)


def remedy(words: str, host: str) -> str:
    """What to do about a certificate that was refused with these words."""
    if "expired" in words:
        return f"it has ended: have {host} renew it"
    if "ismatch" in words or "not valid for" in words:
        return f"it is for another name: write the name that it is for, or have it made for {host}"
    return (
        "nobody that this machine trusts has signed it: use one of a public authority, or name its authority's file "
        "in SSL_CERT_FILE"
    )
