"""The relay goes wrong at each step in each way; each mail ends in the state of the table, and no socket is left."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pytest

from support.certificate import Certificate
from support.ports import free_port
from support.scripted_relay import Act, Script, ScriptedRelay, Step, scripted_relay
from worker.core.delivery import Decision, History, decide
from worker.core.outcome import Outcome
from worker.net.relay_address import RelayAddress, Timeouts
from worker.net.smtp import open_connection

PATIENT = Timeouts(connect=10, command=10, data=10, quit=10)
HASTE = 0.4  # seconds, for the one wait that a case is about
WAITS = {
    "banner": "connect",
    "data": "data",
    "mid-data": "data",
    "dot": "data",
    "after": "quit",
    "quit": "quit",
}  # others: command
HANGS = ("hang", "half")
RAW = b"Subject: Your receipt\r\n\r\n" + b"Thank you for your purchase.\r\n" * 100
LONG = RAW + b"x" * 70 + b"\r\n" * 60_000  # more than the sockets' buffers hold
NOW = 1_795_000_000_000_000

BREAKS = ("close", "reset", "hang", "garbage", "half", "flood")
BUSY, LATER, NO, BANNED = "421 4.3.2 closing", "450 4.2.0 later", "550 5.1.1 no", "554 5.7.1 blocked"

# step → {act: state of the mail, effect on the relay}, written down from the requirements and not from the table.
SESSION = dict.fromkeys((*BREAKS, BUSY, LATER), "due, back off") | {NO: "due, pause", BANNED: "due, pause"}
BEFORE_DATA = dict.fromkeys((*BREAKS, BUSY), "deferred, back off")
IN_DATA = dict.fromkeys(BREAKS, "due again (ambiguous), back off") | {
    BUSY: "deferred, back off",
    LATER: "deferred, reached",
    NO: "failed, reached",
    BANNED: "failed, count policy refusal",
}
MATRIX: dict[Step, dict[Act, str]] = {
    "banner": SESSION,
    "ehlo": SESSION,
    "starttls": SESSION,
    "tls": {"close": "due, back off", "reset": "due, back off", "hang": "due, back off", "garbage": "due, pause"},
    "auth": SESSION,
    "mail": BEFORE_DATA
    | {
        LATER: "deferred, none",
        NO: "deferred, count refusal of MAIL",
        BANNED: "deferred, count refusal of MAIL",
    },
    "rcpt": BEFORE_DATA | {LATER: "deferred, reached", NO: "failed, reached", BANNED: "failed, count policy refusal"},
    "data": IN_DATA,
    "mid-data": IN_DATA,
    "dot": IN_DATA | {"slow": "sent, ok"},
    "after": dict.fromkeys(("close", "reset", "hang", "garbage", "half", BUSY), "sent, ok"),
    "quit": dict.fromkeys((*BREAKS, BUSY, LATER, NO), "sent, ok"),
}
CASES = [(step, act, wanted) for step, acts in MATRIX.items() for act, wanted in acts.items()]


@dataclass(frozen=True, slots=True)
class Row:
    step: str
    act: str
    outcome: Outcome
    decision: Decision


def as_markdown(rows: Iterable[Row]) -> str:
    """What was seen, for people."""
    head = ["| the relay, at | does | we saw | the mail is | the relay |", "|---|---|---|---|---|"]
    body = [
        f"| {r.step} | {r.act} | {r.outcome.phase}: {r.outcome.result} {r.outcome.code or ''} "
        f"| {r.decision.state} ({r.decision.reason}) | {r.decision.effect} |"
        for r in rows
    ]
    return "\n".join([*head, *body])


@pytest.fixture(scope="module")
def seen() -> Iterator[list[Row]]:
    """`pytest -s` prints the table when all cases are through."""
    rows: list[Row] = []
    yield rows
    print(f"\n{len(rows)} cases\n{as_markdown(rows)}")  # noqa: T201


@pytest.mark.parametrize(("step", "act", "wanted"), CASES, ids=[f"{s}-{a.split(' ', 1)[0]}" for s, a, _ in CASES])
async def test_every_fault_leaves_the_mail_in_its_state(
    step: Step, act: Act, wanted: str, seen: list[Row], certificate: Certificate
) -> None:
    offers = ("STARTTLS", "AUTH PLAIN")
    timeouts = replace(PATIENT, **{WAITS.get(step, "command"): HASTE}) if act in HANGS else PATIENT
    async with scripted_relay(Script(step, act, offers, certificate)) as relay:
        outcome = await one_mail(
            relay, address(relay, step, certificate), timeouts, LONG if step == "mid-data" else RAW
        )
    decision = decide(outcome, History(now=NOW, created_at=NOW))
    seen.append(Row(step, act.split(" ", 1)[0], outcome, decision))
    assert ended(decision) == wanted, outcome
    assert decision.state != "failed" or outcome.code, "only the relay's own word fails a mail"
    assert len(relay.copies) == (1 if step in ("dot", "after", "quit") else 0)


async def test_nobody_listens(seen: list[Row]) -> None:
    relay = ScriptedRelay(Script(), port=free_port())
    outcome = await one_mail(relay, address(relay, "banner", None), PATIENT, RAW)
    decision = decide(outcome, History(now=NOW, created_at=NOW))
    seen.append(Row("connect", "refuses", outcome, decision))
    assert ended(decision) == "due, back off"


async def test_the_name_is_unknown(seen: list[Row]) -> None:
    for host in ("relay.invalid", f"{'a' * 64}.example.org"):
        relay = RelayAddress(scheme="smtp", host=host, port=25, local_hostname="shop.example.org")
        outcome = await open_connection(relay, PATIENT)
        assert isinstance(outcome, Outcome)
        decision = decide(outcome, History(now=NOW, created_at=NOW))
        seen.append(Row("connect", "has no address", outcome, decision))
        assert outcome.result == "dns_failed"
        assert ended(decision) == "due, back off"


def test_the_matrix_is_large_enough() -> None:
    assert len(CASES) >= 50


def address(relay: ScriptedRelay, step: Step, certificate: Certificate | None) -> RelayAddress:
    secure = step in ("starttls", "tls")
    return RelayAddress(
        scheme="smtp+starttls" if secure else "smtp",
        host="127.0.0.1",
        port=relay.port,
        local_hostname="shop.example.org",
        user="shop" if step == "auth" else "",
        password="s3cret-s3cret",
        tls=certificate.client_context() if secure and certificate else None,
    )


async def one_mail(relay: ScriptedRelay, where: RelayAddress, timeouts: Timeouts, raw: bytes) -> Outcome:
    connection = await open_connection(where, timeouts)
    if isinstance(connection, Outcome):
        return connection
    outcome = await connection.send("bounces@shop.example.org", "ada@example.org", raw)
    broken = outcome.result not in ("accepted", "refused")
    assert not (broken and connection.usable), "after a break the connection is thrown away"
    await connection.close()
    assert not connection.usable
    return outcome


def ended(decision: Decision) -> str:
    again = decision.state == "due" and decision.ambiguous_attempts == 1
    return f"{'due again (ambiguous)' if again else decision.state}, {decision.effect}"
