"""The forward: people see at once whether the sender is who the mail says."""

import pytest

from render import papers
from render.reading import read
from worker.mail.authentication import Standing
from worker.render.forwards import ForwardMail, render_forward
from worker.render.letter import Rendered
from worker.render.stationery import Stationery


def rendered(stationery: Stationery, standing: Standing, why: str = "words") -> Rendered:
    mail = ForwardMail(
        sender="ada@example.com",
        recipient="access@shop.example",
        subject="My address",
        text="Please correct my street",
        received_at=0,
        why=why,
        standing=standing,
    )
    return render_forward(stationery, papers.BRAND, mail)


@pytest.mark.parametrize(
    ("standing", "subject", "said"),
    [
        (Standing.VERIFIED, "My address", "The sender is verified: the mail does come from ada@example.com."),
        (Standing.UNVERIFIED, "[sender not verified] My address", "The sender is not verified: anybody can write"),
        (Standing.FORGED, "[probably forged] My address", "It is probably forged: the domain of ada@example.com says"),
    ],
)
def test_it_says_how_the_sender_stands(stationery: Stationery, standing: Standing, subject: str, said: str) -> None:
    mail = rendered(stationery, standing)
    assert mail.subject == subject
    for text in (" ".join(mail.text.split()), read(mail.html).text):
        assert said in text
        assert ("not verified" in text) is (standing is Standing.UNVERIFIED)


def test_of_a_mail_that_was_not_answered_it_says_so(stationery: Stationery) -> None:
    mail = rendered(stationery, Standing.FORGED, "unauthenticated")
    assert "Nobody has answered it, and no link was sent." in " ".join(mail.text.split())


def test_doubt_stands_out_and_proof_stays_quiet(stationery: Stationery) -> None:
    boxed = {standing: 'class="note ink"' in rendered(stationery, standing).html for standing in Standing}
    assert boxed == {Standing.VERIFIED: False, Standing.UNVERIFIED: True, Standing.FORGED: True}
