"""The mark by which an installation is known to itself, so that `letterkey check` can tell whether it reached its own.

Anybody may see it: it says nothing of the key that it comes from. Two processes of one installation have the same.
"""

import hmac

HEADER = "Letterkey-Instance"


def instance_mark(document_keys: tuple[str, ...]) -> str:
    """Of the oldest document key: it is never dropped, so that the mark outlives every change of keys."""
    return hmac.digest(document_keys[0].encode(), b"instance", "sha256").hex()[:16]
