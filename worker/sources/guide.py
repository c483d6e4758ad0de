"""What a merchant does at a provider to connect an account, as `connect` says it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guide:
    """How `provider` is connected. `where` says where to enter the address, `events` what to select there.

    `proof` (the secret) and `api_key` say what each is called there (no `api_key`: none is of use); their checks give
    what is wrong with one, in words that follow it. `secret_path`: the address itself is a secret, where not everything
    is signed, or where a stranger's event would cost us something. `receipts` says which mails to switch off there,
    `test` how to have an event sent. `invoices_there`: the provider may be writing the invoices of these sales already.
    """

    source: str
    provider: str
    where: str
    events: tuple[str, ...]
    proof: str
    receipts: str
    test: str
    invoices_there: bool
    wrong_secret: Callable[[str], str | None]
    api_key: str | None = None
    wrong_key: Callable[[str], str | None] = lambda _: None
    secret_path: bool = False
