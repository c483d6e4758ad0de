"""The journal as whoever runs Letterkey reads it on stderr."""

import email
import inspect
import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from flufl.bounce import all_failures

from worker import journal
from worker.core.bounce import Happening
from worker.mail.returned import read_returned

SENSITIVE = re.compile("ada@|sekrit|tok3n")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Logging is the whole process's; other tests get it back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    journal.configure("warning")
    root.handlers[:], root.level = handlers, level


def everything() -> None:
    """One note of each kind."""
    journal.started(version="0.1.0", faces=["hub", "outbound"], database="sqlite")
    journal.listening(hub="127.0.0.1:8080", ops="127.0.0.1:8081")
    journal.settings_in_force(revision=3)
    journal.settings_refused(problem="letterkey.toml:7: links.hours must be 1 or more")
    journal.setting_needs_restart(setting="hub.listen")
    journal.setting_ignored(setting="receipts.style", reason="must be 'invoice', 'simple' or 'none'")
    journal.event_kept("e1", source="stripe")
    journal.event_refused(source="stripe", reason="no signature fits")
    journal.request_answered(route="/documents/{token}", method="GET", status=404, seconds=0.001)
    journal.event_understood("e1", source="stripe", outcome="transaction")
    journal.event_quarantined("e2", source="stripe", reason="no_email")
    journal.address_asked(source="stripe", outcome="found")
    journal.transaction_accepted("t1", source="stripe", kind="sale")
    journal.transaction_conflict("t1", source="api")
    journal.receipt_issued("m1", transaction="t1", style="invoice", number="2026-1")
    journal.mail_sent("m1", kind="receipt", attempt=1, seconds=0.25)
    journal.mail_deferred("m2", kind="receipt", reason="greylisted", reply=451, seconds=60)
    journal.mail_failed("m3", kind="receipt", reason="no_such_mailbox", reply=550)
    journal.mail_parked("m4", kind="receipt", attempt=2)
    journal.relay_paused(reason="refused_login", reply=535)
    journal.relay_unreachable(reason="relay_unreachable", seconds=5)
    journal.relay_resumed(seconds=61)
    journal.action_taken("a1", source="stripe", verb="cancel_now", result="told")
    journal.action_deferred("a1", source="stripe", result="later", status=503, seconds=10)
    journal.action_by_hand("a1", source="stripe", result="lost", status=404)
    journal.link_requested("r1", outcome="taken")
    journal.declared("D-1", kind="cancel")
    journal.link_redeemed(customer="c1", by="code")
    journal.signed_out(customer="c1", everywhere=True)
    journal.transaction_set_aside("t1")
    journal.announcement_decided("a1", source="stripe", matter="payment_failed", outcome="mailed")
    journal.merchant_in(by="printed link")
    journal.merchant_out(everywhere=True)
    journal.mail_door_open(listen="0.0.0.0:25")
    journal.certificate_renewed()
    journal.certificate_refused(reason="key values mismatch")
    journal.forgotten({"mails": 3})
    journal.mail_kept("i1", size=2_048)
    journal.mailbox_open(idle=True)
    journal.mailbox_fails(reason="login refused", detail="login", seconds=300)
    journal.mailbox_keeps(uid=17)
    journal.mail_passed_by("i2", outcome="too_large", size=20_000_000)
    journal.mail_unproven(reason="this machine names no DNS server")
    journal.mail_received("i1", outcome="link_request", reason="reply", forwarded=True)
    journal.key_in_use(key="0123456789ab")
    journal.key_rotated(key="0123456789ab")
    journal.key_retired(key="fedcba987654")
    journal.unexpected("outbound", ValueError("ada@example.com said sekrit"), item="m5")
    journal.stopped(reason="SIGTERM", seconds=3600)


def kinds() -> set[str]:
    """The names of all notes."""
    found = inspect.getmembers(journal, inspect.isfunction)
    return {name for name, function in found if function.__module__ == journal.__name__}


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_each_note_is_a_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure("debug")
    everything()
    notes = [json.loads(line) for line in lines(capsys)]
    assert {note["what"] for note in notes} == kinds()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", note["at"]) for note in notes)
    (sent,) = [note for note in notes if note["what"] == "mail_sent"]
    del sent["at"]
    assert sent == {
        "level": "info", "what": "mail_sent", "mail": "m1", "kind": "receipt", "attempt": 1, "seconds": 0.25
    }  # fmt: skip


def test_people_read_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure("debug", human=True)
    everything()
    told = lines(capsys)
    assert len(told) == len(kinds())
    assert told[0].endswith("  Letterkey 0.1.0 runs hub, outbound on sqlite")
    assert told[16].endswith("  Mail m2 (receipt) is deferred for 60 s: greylisted, reply 451")
    assert not SENSITIVE.search("\n".join(told))


def test_only_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure("warning")
    everything()
    assert {json.loads(line)["level"] for line in lines(capsys)} == {"warning", "error"}


def test_configuring_again_does_not_double(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure(human=True)
    journal.configure()
    journal.relay_resumed(seconds=1)
    assert len(lines(capsys)) == 1


def test_an_error_tells_where_but_not_what(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure()
    try:
        json.loads('{"ada@example.com": sekrit}')
    except ValueError as error:
        journal.unexpected("transactions", error, item="e9")
    (line,) = lines(capsys)
    note = json.loads(line)
    assert (note["where"], note["item"], note["error"]) == ("transactions", "e9", "JSONDecodeError")
    assert note["places"][-1].startswith("json/decoder.py:")
    assert note["places"][0].startswith("leaves/test_journal.py:")
    assert not SENSITIVE.search(line)


@pytest.mark.parametrize("human", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "to ada@example.com failed",
        "rcpt <ada@xn--bcher-kva.example>: 550",
        "GET /access/tok3n.abc-_ 404",
        "POST /documents/tok3n?x=1",
        "GET /updateinfo/?r=tok3n&x=1",
        "POST /webhooks/stripe/tok3n",
        "Authorization: Bearer sekrit.abc",
        "smtp://shop:sekrit@relay.example refused",
        "smtp://shop:p%2Fsekrit@relay.example refused",
        "key whsec_sekrit/abc+= and sk_live_sekrit",
    ],
)
def test_what_libraries_say_is_scrubbed(capsys: pytest.CaptureFixture[str], text: str, human: bool) -> None:
    journal.configure(human=human)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error: %s", text)
    (line,) = lines(capsys)
    assert "aiohttp.server" in line
    assert not SENSITIVE.search(line)


def test_nothing_forges_a_line_or_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure(human=True)
    journal.transaction_accepted("t\r\n12:00:00  Mail m1 is sent\x1b[2J\u202e" + "x" * 1_000, source="api", kind="sale")
    (line,) = lines(capsys)
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert len(line) < 500


@pytest.mark.parametrize("human", [True, False])
def test_half_a_character_is_left_out(capsys: pytest.CaptureFixture[str], human: bool) -> None:
    journal.configure(human=human)
    journal.mail_failed("m1", kind="receipt", reason="it said \udce9t\udce9", reply=550)
    (line,) = lines(capsys)
    assert "it said  t " in line


def test_a_library_s_mistake_in_a_record_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure()
    [ours] = [each for each in logging.getLogger().handlers if each.get_name() == "letterkey"]
    for level, text, arguments in ((logging.WARNING, "%d of %s for ada@example.com", ("many",)), (35, "loud", ())):
        ours.handle(logging.LogRecord("aiohttp.server", level, "", 0, text, arguments, None))
    broken, odd = [json.loads(line) for line in lines(capsys)]
    assert broken["text"] == "%d of %s for [address]"
    assert (odd["level"], odd["text"]) == ("level 35", "loud")


def test_a_stream_that_is_closed_stops_nothing() -> None:
    stream = io.StringIO()
    journal.configure(stream=stream)
    stream.close()
    journal.relay_resumed(seconds=1)


def test_libraries_keep_quiet_below_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure("debug")
    logging.getLogger("aiosmtpd").info("RCPT TO ada@example.com")
    assert lines(capsys) == []


def test_mails_that_the_finder_of_bounces_fails_on_leave_no_trace(capsys: pytest.CaptureFixture[str]) -> None:
    journal.configure()
    empty = email.message_from_string("Content-Type: multipart/mixed\n\nUndeliverable")
    with pytest.raises(IndexError):
        all_failures(empty)
    assert read_returned(bytes(empty)).reports[0].happening is Happening.UNCLEAR
    assert lines(capsys) == []
