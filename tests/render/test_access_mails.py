"""The access mail: who asked, how and when; one link alone on its line; nothing to do where it was somebody else."""

from dataclasses import replace

import pytest

from render import hub_papers, papers
from render.reading import read
from worker.core.access import Way
from worker.render.access_mail import AccessMail, render_access_mail
from worker.render.letter import Rendered
from worker.render.stationery import Stationery


def rendered(stationery: Stationery, **changes: object) -> Rendered:
    mail: AccessMail = replace(hub_papers.MAIL, **changes)  # type: ignore[arg-type]
    return render_access_mail(stationery, papers.BRAND, mail)


def test_the_subject_names_the_shop_and_the_link_stands_alone(stationery: Stationery) -> None:
    mail = rendered(stationery)
    assert mail.subject == "Your purchases at Harbour & Pine: your link"
    assert mail.text.splitlines().count(hub_papers.URL) == 1
    assert mail.text.count("http") == 2  # the link, and the merchant's help page
    assert read(mail.html).links.count(hub_papers.URL) == 1


def test_it_says_until_when_as_a_clock_time(stationery: Stationery) -> None:
    mail = rendered(stationery)
    for said in (mail.text, read(mail.html).text):
        assert "It works until 23 November 2026, 19:48 CET." in said


@pytest.mark.parametrize("way", Way)
def test_it_says_how_and_when_it_was_asked_for(stationery: Stationery, way: Way) -> None:
    mail = rendered(stationery, way=way)
    said = read(mail.html).text
    assert "You get this because" in said
    assert "22 November 2026, 19:48 CET" in said
    assert "If that wasn’t you, there is nothing to do" in said
    assert "If that wasn’t you, there is nothing to do" in " ".join(mail.text.split())


def test_each_way_is_told_in_words_of_its_own(stationery: Stationery) -> None:
    texts = {way: rendered(stationery, way=way).text for way in Way}
    assert texts[Way.MERCHANT] == texts.pop(Way.COMMAND), "to who reads it, both are the shop"
    assert len(set(texts.values())) == len(texts)


def test_a_code_comes_only_where_a_page_waits_for_it(stationery: Stationery) -> None:
    with_code, without = rendered(stationery, code="7K4D-XW2P"), rendered(stationery)
    assert "7K4D-XW2P" in with_code.text.split()
    assert "7K4D-XW2P" in read(with_code.html).text
    assert "code" not in without.text.lower()
    assert "Type this code" not in without.html


def test_no_line_is_longer_than_a_mail_shows_but_the_link_s(stationery: Stationery) -> None:
    lines = rendered(stationery, code="7K4D-XW2P").text.splitlines()
    assert all(len(line) <= 72 for line in lines if line != hub_papers.URL)
