"""Golden mails: `NAME.eml`, as another mail server would bring it, and what is expected of it in `outcomes.toml`.

`python tests/mails/golden.py` writes the table in README.md anew.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.mail.addresses import OurAddresses
from worker.mail.classify import Outcome

HERE = Path(__file__).parent
ACCESS = "access@shop.example"
OURS = OurAddresses(ACCESS, "bounces@shop.example", ("golden-mails-golden-mails",))
"""The shop that these mails are written to, with the key of its bounce addresses."""
DECIDED_LATER = frozenset({Outcome.STRANGER, Outcome.UNAUTHENTICATED, Outcome.OVER_LIMIT, Outcome.DUPLICATE})
"""What the mail alone doesn't tell: who bought, what a domain's owner wishes, what came before."""
_BEGIN, _END = "<!-- table: begin -->\n", "<!-- table: end -->\n"


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden mail. README.md says what each field means."""

    name: str
    raw: bytes
    outcome: Outcome
    what: str
    language: str
    envelope_from: str
    envelope_to: str
    sender: str | None
    own_words: bool | None
    forwarded: bool | None
    customer: bool
    after: str | None
    by_itself: Outcome


def golden_mails() -> list[Golden]:
    """All of them, by name."""
    expected = tomllib.loads((HERE / "outcomes.toml").read_text(encoding="utf-8"))
    return [_golden(name, fields) for name, fields in expected.items()]


def _golden(name: str, fields: dict[str, Any]) -> Golden:
    sender, outcome = fields.get("sender"), Outcome(fields["outcome"])
    alone = Outcome.LINK_REQUEST if outcome in DECIDED_LATER else outcome
    return Golden(
        name=name,
        raw=(HERE / f"{name}.eml").read_bytes(),
        outcome=outcome,
        what=fields["what"],
        language=fields["language"],
        envelope_from=fields.get("envelope_from", sender or ""),
        envelope_to=fields.get("envelope_to", ACCESS),
        sender=sender,
        own_words=fields.get("own_words"),
        forwarded=fields.get("forwarded"),
        customer=fields.get("customer", True),
        after=fields.get("after"),
        by_itself=Outcome(fields.get("by_itself", alone)),
    )


def table(mails: Iterable[Golden]) -> str:
    """Outcomes, how many mails have each, in which languages."""
    mails = list(mails)
    lines = ["| outcome | mails | languages |", "|---|---|---|"]
    for outcome, count in Counter(mail.outcome for mail in mails).most_common():
        languages = sorted({mail.language for mail in mails if mail.outcome is outcome})
        lines.append(f"| {outcome} | {count} | {' '.join(languages)} |")
    return "\n".join([*lines, f"| all | {len(mails)} | |", ""])


def readme_with(found: str) -> str:
    """README.md with this table in its place."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    return text.partition(_BEGIN)[0] + _BEGIN + found + _END + text.partition(_END)[2]


if __name__ == "__main__":
    (HERE / "README.md").write_text(readme_with(table(golden_mails())), encoding="utf-8")
