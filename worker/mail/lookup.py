"""What the rules of mail need of DNS: answers as values, asked through whatever is passed in."""

from typing import Literal, Protocol

Kind = Literal["A", "AAAA", "MX", "PTR", "TXT"]


class Lookup(Protocol):
    """Asks DNS within the limits of one mail."""

    def __call__(self, name: str, kind: Kind) -> tuple[str, ...] | None:
        """Addresses, host names or texts (bytes as Latin-1); empty where there is nothing, None where nobody can tell
        now: it took too long, the server failed, or this mail has asked too much.
        """
        ...
