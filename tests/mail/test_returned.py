"""Bounces and complaints as servers write them: by RFC 3464 and 5965, in the shapes of the field, and in free words."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.bounce import Happening
from worker.mail.returned import read_returned

ADA = "ada@example.com"
OURS = "<01k9s0q0v5m5e8r2x6t4c3w7ya@shop.example>"
H = Happening


@dataclass(frozen=True, slots=True)
class Sample:
    """A notice, and what it says: (address, happening, status) of each recipient."""

    raw: str
    says: Sequence[tuple[str | None, Happening, str | None]]
    by: str = "dsn"
    names: tuple[str, ...] = (OURS,)


def dsn(status: str, returned: str = "message/rfc822", words: str = "It could not be delivered.") -> str:
    """A report of RFC 3464 with our mail at its end."""
    return f"""From: MAILER-DAEMON@mx.example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="2DF0C2.1048/mx.example.com"

This is a MIME-encapsulated message.

--2DF0C2.1048/mx.example.com
Content-Type: text/plain; charset=us-ascii

{words}

--2DF0C2.1048/mx.example.com
Content-Description: Delivery report
Content-Type: message/delivery-status

{status}
--2DF0C2.1048/mx.example.com
Content-Description: Undelivered Message
Content-Type: {returned}

From: Shop <shop@shop.example>
To: {ADA}
Message-ID: {OURS}
Subject: Your receipt

Thank you.

--2DF0C2.1048/mx.example.com--
"""


def group(action: str, status: str, diagnostic: str = "", address: str = ADA, more: str = "") -> str:
    lines = [f"Final-Recipient: rfc822; {address}", f"Action: {action}", f"Status: {status}", more]
    lines.append(f"Diagnostic-Code: {diagnostic}" if diagnostic else "")
    return "\n".join(filter(None, lines)) + "\n"


MTA = "Reporting-MTA: dns; mx.example.com\n\n"
POSTFIX = """Reporting-MTA: dns; mx.example.com
X-Postfix-Queue-ID: 4B2DF0C2
X-Postfix-Sender: rfc822; bounces@shop.example
Arrival-Date: Sun, 22 Nov 2026 18:48:00 +0000 (UTC)

Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected:
    User unknown in virtual mailbox table
"""
SENDMAIL = """Reporting-MTA: dns; mail.example.com
Received-From-MTA: DNS; relay.example.net
Arrival-Date: Sun, 22 Nov 2026 18:48:00 GMT

Final-Recipient: RFC822; ada@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: X-Unix; 550 5.1.1 User unknown
Last-Attempt-Date: Sun, 22 Nov 2026 18:48:01 GMT
"""
EXCHANGE = """Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;mail.shop.example
Arrival-Date: Sun, 22 Nov 2026 18:48:00 +0000

Original-Recipient: rfc822;ada@example.com
Final-Recipient: rfc822;ada@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
X-Display-Name: Ada
"""
GMAIL = """Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; shop@shop.example
Arrival-Date: Sun, 22 Nov 2026 10:48:00 -0800 (PST)
X-Original-Message-ID: <01k9s0q0v5m5e8r2x6t4c3w7ya@shop.example>

Final-Recipient: rfc822; ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (2a00:1450::1a, the server for the domain example.com.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces.
Last-Attempt-Date: Sun, 22 Nov 2026 10:48:01 -0800 (PST)
"""
QMAIL = f"""From: MAILER-DAEMON@mx.example.com
To: bounces@shop.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <shop@shop.example>
Message-ID: {OURS}
Subject: Your receipt
"""
EXIM = f"""From: Mail Delivery System <Mailer-Daemon@mx.example.com>
X-Failed-Recipients: ada@example.com
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.com
    host mail.example.com [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ada@example.com>:
    550 No such user

------ This is a copy of the message, including all the headers. ------

Return-path: <shop@shop.example>
Message-ID: {OURS}
"""
YAHOO = f"""From: MAILER-DAEMON@yahoo.com
To: bounces@shop.example
X-Loop: MAILER-DAEMON@yahoo.com
Subject: Delivery failure

Message from yahoo.com.
Unable to deliver message to the following address(es).

<ada@example.com>:
This user doesn't have a yahoo.com account (ada@example.com) [-5]

--- Original message follows.

Return-Path: <shop@shop.example>
Message-ID: {OURS}
"""


def feedback(kind: str = "abuse", more: str = f"Original-Rcpt-To: <{ADA}>") -> str:
    return f"""From: <feedback@isp.example>
Subject: FW: Your receipt
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

This is an email abuse report.

--part
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <bounces+x-y@shop.example>
{more}

--part
Content-Type: message/rfc822

From: Shop <shop@shop.example>
Message-ID: {OURS}

Thank you.
--part--
"""


HARD = [(ADA, H.HARD, "5.1.1")]
SAMPLES = {
    "postfix": Sample(dsn(POSTFIX), HARD),
    "postfix, headers alone": Sample(dsn(POSTFIX, "text/rfc822-headers"), HARD),
    "sendmail": Sample(dsn(SENDMAIL, "text/rfc822-headers"), HARD),
    "exchange and microsoft 365": Sample(dsn(EXCHANGE), [(ADA, H.HARD, "5.1.10")]),
    "gmail": Sample(dsn(GMAIL), HARD),
    "with line ends as on the wire": Sample(dsn(POSTFIX).replace("\n", "\r\n"), HARD),
    "with line ends of old macs": Sample(dsn(POSTFIX).replace("\n", "\r"), HARD),
    "delayed": Sample(
        dsn(MTA + group("delayed", "4.4.1", more="Will-Retry-Until: Fri, 27 Nov 2026")), [(ADA, H.DELAYED, "4.4.1")]
    ),
    "given up for now": Sample(dsn(MTA + group("failed", "4.4.7", "smtp; 451 later")), [(ADA, H.SOFT, "4.4.7")]),
    "mailbox full": Sample(dsn(MTA + group("failed", "5.2.2")), [(ADA, H.SOFT, "5.2.2")]),
    "no such domain": Sample(dsn(MTA + group("failed", "5.4.4")), [(ADA, H.HARD, "5.4.4")]),
    "blocked by policy": Sample(dsn(MTA + group("failed", "5.7.1")), [(ADA, H.SOFT, "5.7.1")]),
    "too large": Sample(dsn(MTA + group("failed", "5.3.4")), [(ADA, H.SOFT, "5.3.4")]),
    "delivered": Sample(dsn(MTA + group("delivered", "2.1.5")), [(ADA, H.DELIVERED, "2.1.5")]),
    "relayed": Sample(dsn(MTA + group("relayed", "2.0.0")), [(ADA, H.UNCLEAR, "2.0.0")]),
    "expanded": Sample(dsn(MTA + group("expanded", "2.0.0")), [(ADA, H.UNCLEAR, "2.0.0")]),
    "action in capitals with a comment": Sample(dsn(MTA + group("Failed (bad address)", "5.1.1")), HARD),
    "status with words": Sample(dsn(MTA + group("failed", "5.1.1 (unknown user)")), HARD),
    "no status, but the server's words have one": Sample(
        dsn(MTA + f"Final-Recipient: rfc822; {ADA}\nAction: failed\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n"), HARD
    ),
    "no status at all": Sample(dsn(MTA + f"Final-Recipient: rfc822; {ADA}\nAction: failed\n"), [(ADA, H.SOFT, None)]),
    "an action that nobody knows": Sample(dsn(MTA + group("perished", "5.1.1")), [(ADA, H.UNCLEAR, "5.1.1")]),
    "forwarded: the original recipient is ours": Sample(
        dsn(MTA + group("failed", "5.1.1", address="ada@elsewhere.example", more=f"Original-Recipient: rfc822;{ADA}")),
        HARD,
    ),
    "several recipients": Sample(
        dsn(MTA + group("failed", "5.1.1") + "\n" + group("delivered", "2.1.5", address="eve@example.com")),
        [*HARD, ("eve@example.com", H.DELIVERED, "2.1.5")],
    ),
    "address in brackets without its type": Sample(
        dsn(MTA + group("failed", "5.1.1").replace("rfc822; ", "<").replace(".com", ".com>", 1)), HARD
    ),
    "nothing about the mail": Sample(dsn(group("failed", "5.1.1")), HARD),
    "empty lines that hold blanks": Sample(dsn("Reporting-MTA: dns; mx\n \t\n" + group("failed", "5.1.1")), HARD),
    "status part in base64": Sample(
        dsn(
            "UmVwb3J0aW5nLU1UQTogZG5zOyBteAoKRmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFkYUBleGFtcGxlLmNvbQpBY3Rpb246IGZhaWxlZApTdGF0dXM6IDUuMS4xCg=="
        ).replace("message/delivery-status\n", "message/delivery-status\nContent-Transfer-Encoding: base64\n"),
        HARD,
    ),
    "international, RFC 6533": Sample(
        dsn(POSTFIX, "message/global-headers").replace("message/delivery", "message/global-delivery"), HARD
    ),
    "inside another multipart": Sample(
        'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\n' + dsn(POSTFIX) + "\n--outer--\n", HARD
    ),
    "cut off": Sample(dsn(POSTFIX).partition("--2DF0C2.1048/mx.example.com--")[0], HARD),
    "envelope id": Sample(dsn("Original-Envelope-Id: 01k9s0\n" + POSTFIX), HARD),
    "qmail": Sample(QMAIL, [(ADA, H.HARD, None)], by="words"),
    "exim": Sample(EXIM, [(ADA, H.HARD, None)], by="words"),
    "yahoo of old": Sample(YAHOO, [(ADA, H.HARD, None)], by="words"),
    "free words": Sample("Subject: Sorry\n\nIt did not work out.\n", [(None, H.UNCLEAR, None)], by="words", names=()),
    "complaint": Sample(feedback(), [(ADA, H.COMPLAINT, None)], by="feedback"),
    "complaint that hides who": Sample(
        feedback(more="Source-IP: 192.0.2.1"), [(None, H.COMPLAINT, None)], by="feedback"
    ),
    "report that it is no spam": Sample(feedback("not-spam"), [(ADA, H.UNCLEAR, None)], by="feedback"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_what_it_says(name: str) -> None:
    sample = SAMPLES[name]
    found = read_returned(sample.raw.encode())
    assert [(each.address, each.happening, each.status) for each in found.reports] == list(sample.says)
    assert (found.by, found.message_ids) == (sample.by, sample.names)


def test_words_are_the_servers_own_on_one_line() -> None:
    [reported] = read_returned(dsn(POSTFIX).encode()).reports
    assert reported.words == (
        "550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown in virtual mailbox table"
    )


def test_the_envelope_is_named_by_its_id_or_by_the_sender_in_a_complaint() -> None:
    assert read_returned(SAMPLES["envelope id"].raw.encode()).mails == ("01k9s0",)
    assert read_returned(feedback().encode()).envelope == "bounces+x-y@shop.example"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        dsn((MTA + group("failed", "5.1.1") + "\n") * 20_000).encode(),
        dsn("X: y\n" * 100_000).encode(),
        b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n" * 200_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)),
        b"Content-Type: multipart/report" + b"; a=b" * 100_000 + b"\n\n",
        b"Subject: " + b"=?utf-8?q?=" * 100_000,
        b"\xff\x00" * 500_000,
        QMAIL.encode() + b"<ada@example.com>:\n" * 50_000,
        b"message-id: <" * 100_000,
        b"From: a@b.example\n\n" + b"\n" * 128_000,
    ],
    ids=range(12),
)
def test_it_takes_little_time_whatever_comes(raw: bytes) -> None:
    read_returned(b"Subject: warm\n\n")
    began = time.process_time()
    found = read_returned(raw)
    assert time.process_time() - began < 0.5  # 0.25 on a machine with nothing else to do
    assert len(found.reports) <= 50


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 40), st.binary(max_size=12)), max_size=5),
)
def test_a_changed_notice_never_raises(name: str, changes: list[tuple[int, int, bytes]]) -> None:
    raw = SAMPLES[name].raw.encode()
    for at, length, instead in changes:
        raw = raw[:at] + instead + raw[at + length :]
    read_returned(raw)
