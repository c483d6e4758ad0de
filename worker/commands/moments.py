"""Moments as people type them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from worker.commands.opening import AskedWrongly
from worker.core import instant


def since_when(text: str, timezone: str) -> int:
    """UTC microseconds of a day's beginning in the merchant's timezone, or of a whole time. Raises AskedWrongly."""
    try:
        moment = datetime.fromisoformat(text)
        return instant.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone)))
    except ValueError:
        raise AskedWrongly(f"{text} is no day; write it like 2024-01-31") from None
