"""Settings made in the console lie over the file's, by the file's own rules."""

from pathlib import Path

import pytest

from worker.settings import (
    MAKEABLE,
    Settings,
    key_of_made,
    load_settings,
    overlay,
    problems_of,
    value_of,
)
from worker.settings.names import known_names

FILE = """
[mail]
from = "Shop <shop@shop.example>"

[business]
name = "From the file"
support_email = "help@shop.example"

[products."course.1"]
receipt_style = "simple"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "letterkey.toml"
    file.write_text(FILE)
    return load_settings(file, {"LETTERKEY_RECEIPTS__RECURRING": "true"})


def test_every_setting_that_may_be_made_is_one() -> None:
    assert set(MAKEABLE) <= set(known_names())


def test_what_lets_anybody_in_is_never_made() -> None:
    for name in ("secret_keys", "api_keys", "console.merchants", "base_url", "mail.smtp_url",
                 "inbound.forward_to", "sources.stripe.secrets", "hub.listen", "business", "products.x",
                 "products..receipt_style"):  # fmt: skip
        assert key_of_made(name) is None
        assert overlay(Settings(), {name: "x"}).ignored[0].name == name
        assert problems_of(Settings(), {}, {name: "x"}) != []


def test_it_wins_over_the_file_and_the_environment(settings: Settings) -> None:
    made = {"business.name": "Made", "receipts.recurring": False, "products.course.1.receipt_style": "none"}
    over = overlay(settings, made)
    assert over.ignored == ()
    assert over.settings.business.name == "Made"
    assert over.settings.receipts.recurring is False
    assert over.settings.products["course.1"].receipt_style == "none"
    assert over.settings.business.support_email == "help@shop.example"
    assert settings.business.name == "From the file", "what lies beneath stays"


def test_nothing_made_changes_nothing(settings: Settings) -> None:
    assert overlay(settings, {}).settings is settings


def test_it_is_read_as_the_file_is(settings: Settings) -> None:
    over = overlay(settings, {"business.colours.accent": "#ABCDEF", "business.address.country": "gb"})
    assert over.settings.business.colours.accent == "#abcdef"
    assert over.settings.business.address.country == "GB"
    assert overlay(settings, {"business.name": ""}).settings.business.name is None, "empty is: not set"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("business.name", "a\r\nBcc: x@y.example", "line break"),
        ("business.name", {"x": 1}, "not a table"),
        ("business.support_url", "javascript:alert(1)", "no web address"),
        ("business.support_email", "nobody", ""),
        ("business.colours.accent", "red", "six hex digits"),
        ("business.logo", "data:image/png;base64,AAAA", "PNG, JPEG or GIF"),
        ("business.logo", "data:text/html,<script>", "data: URL"),
        ("receipts.style", "loud", "must be 'invoice'"),
        ("hub.allow_cancel", "perhaps", "true or false"),
        ("invoices.start", 0, "1 or more"),
        ("invoices.start", "many", "whole number"),
        ("invoices.prefix", "ö", "letters, digits"),
    ],
)
def test_what_does_not_hold_is_told_and_left_out(settings: Settings, name: str, value: object, told: str) -> None:
    [problem] = problems_of(settings, {}, {name: value})
    assert problem.name == name
    assert told in problem.text
    over = overlay(settings, {name: value, "business.tax_id": "DE1"})
    assert [each.name for each in over.ignored] == [name]
    assert over.settings.business.tax_id == "DE1", "one bad value takes no other with it"


def test_nothing_made_may_bring_a_problem_that_was_not_there() -> None:
    replies = {"LETTERKEY_MAIL__FROM": "a@x.example", "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@x.example"}
    bare = load_settings(None, replies | {"LETTERKEY_RECEIPTS__STYLE": "none"})
    [problem] = problems_of(bare, {}, {"receipts.style": "invoice"})
    assert problem.name == "business.support_email"
    assert overlay(bare, {"receipts.style": "invoice"}).settings.receipts.style == "none"


def test_a_problem_of_the_file_stops_no_change() -> None:
    broken = load_settings(None, {"LETTERKEY_BUSINESS__LOGO": "/nowhere.png"})
    assert problems_of(broken, {}, {"receipts.recurring": True}) == []


def test_giving_back_may_bring_none_either() -> None:
    replies = {"LETTERKEY_MAIL__FROM": "a@x.example", "LETTERKEY_MAIL__ACCESS_ADDRESS": "access@x.example"}
    made = {"business.support_email": "help@x.example", "receipts.reply_to": "access"}
    [problem] = problems_of(load_settings(None, replies | {"LETTERKEY_RECEIPTS__REPLY_TO": "support"}), made,
                            {"business.support_email": None})  # fmt: skip
    assert problem.name == "business.support_email"


def test_each_value_says_where_it_was_given(settings: Settings) -> None:
    assert settings.given_at(("business", "name")).endswith("letterkey.toml:6")
    assert settings.given_at(("receipts", "recurring")) == "LETTERKEY_RECEIPTS__RECURRING"
    assert settings.given_at(("receipts", "style")) == ""


def test_values_are_found_by_their_keys(settings: Settings) -> None:
    assert value_of(settings, ("business", "name")) == "From the file"
    assert value_of(settings, ("products", "course.1", "receipt_style")) == "simple"
    assert value_of(settings, ("products", "other", "receipt_style")) is None
