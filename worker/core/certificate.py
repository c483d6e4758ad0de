"""When a certificate ends, read off its file without a library: the program may run without one.

The first time of the form notBefore, notAfter in the first certificate (RFC 5280 section 4.1.2.5) is its validity: only
its serial number, algorithm and issuer stand before. Nothing is trusted here; a wrong file says nothing or nonsense.
"""

import re
from base64 import b64decode
from datetime import UTC, datetime

from worker.core.instant import from_datetime

_FIRST = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_TIME = rb"(?:\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z)"  # UTCTime, GeneralizedTime
_VALIDITY = re.compile(rb"\x30[\x1e\x20\x22]" + _TIME + _TIME)


def ends_at(pem: bytes) -> int | None:
    """When the first certificate of a PEM file ends (UTC microseconds); None where that can't be read."""
    first = _FIRST.search(pem)
    try:
        found = _VALIDITY.search(b64decode(first[1])) if first else None
        if found is None:
            return None
        short, long = found[3], found[4]
        # Two digits of a year: 50 to 99 are of the last century (RFC 5280 section 4.1.2.5.1).
        written = long or (b"19" if short >= b"50" else b"20") + short
        return from_datetime(datetime.strptime(written.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC))
    except ValueError:
        return None
