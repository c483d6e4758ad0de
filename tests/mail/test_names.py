"""Names and subjects: what people type is kept where it is honest, and disarmed where it isn't."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.mail.names import NAME_LIMIT, SUBJECT_LIMIT, clean_line, clean_name, clean_subject

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
TRICKS = st.lists(
    st.sampled_from(["=?", "?=", "=", "?", "utf-8", "www.", "://", "http", "\r\n", "\x00", "\u202e", " ", "a"]),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    "honest",
    [
        'Ada "The Countess" Lovelace',
        "O'Brien & Sons, Ltd. (UK)",
        "Back\\slash",
        "שלום עולם",
        "مرحبا بالعالم",
        "김철수",
        "می\u200cخواهم",  # Persian needs its zero-width non-joiner
        "👩\u200d👩\u200d👧\u200d👦 Family",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "2+2=? Ltd",
        "Booking.com",
        "Nguyễn Văn A",
        "Zoe\u0308",
        "",
    ],
)
def test_an_honest_name_arrives_as_typed(honest: str) -> None:
    assert clean_name(honest) == honest
    assert clean_subject(honest) == honest


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada\r\nBcc: eve@example.org", "Ada Bcc: eve@example.org"),
        ("Ada\x00\x07\x1b[31m", "Ada[31m"),
        ("  Ada \t\u00a0 L. \u2028", "Ada L."),
        ("=?utf-8?q?Bcc=3A?=", ""),
        ("Ada =?utf-8?b?QmNjOg==?= L", "Ada L"),
        ("==?x?=?utf-8?q?Bcc?=", "= ?utf-8?q?Bcc?="),
        ("=\x00?utf-8?q?Bcc?\x00=", ""),
        ("=?utf-8?q?=\r\n?=", "?="),
        ("Ada \u202egpj.exe\u202c \u2066x\u2069", "Ada gpj.exe x"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("Win at http://evil.example/x?y now", "Win at now"),
        ("HTTPS://EVIL.EXAMPLE", ""),
        ("://x", ""),
        ("see WWW.evil.example", "see evil.example"),
        ("\x01\x02\x03", ""),
        ("zero\u200bwidth\ufeff", "zerowidth"),
    ],
)
def test_a_trick_in_a_name_is_taken_out(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


def test_a_subject_keeps_an_address_but_no_line_break() -> None:
    assert clean_subject("Your order at https://shop.example\r\nBcc: x") == "Your order at https://shop.example Bcc: x"


def test_any_other_value_is_only_made_one_line() -> None:
    assert clean_line("<https://shop.example/?a=?b?=>\r\nBcc: x\x00") == "<https://shop.example/?a=?b?=> Bcc: x"


def test_long_names_and_subjects_are_capped() -> None:
    assert clean_name("a" * 500) == "a" * NAME_LIMIT
    assert clean_subject("b" * 500) == "b" * SUBJECT_LIMIT
    assert clean_name("a" * 79 + " b" * 50) == "a" * 79


@pytest.mark.parametrize(
    "sign",
    ["👨\u200d👩\u200d👧\u200d👦", "e\u0301", "👍🏽", "🇩🇪", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e007f"],
)
@pytest.mark.parametrize("start", range(68, 81))
def test_no_cut_tears_a_sign_apart(sign: str, start: int) -> None:
    cleaned = clean_name("a" * start + sign * 20)
    assert len(cleaned) <= NAME_LIMIT
    assert cleaned == "a" * start + sign * ((len(cleaned) - start) // len(sign))


def test_an_endless_pile_of_marks_is_cut_all_the_same() -> None:
    assert len(clean_name("e" + "\u0301" * 500)) == NAME_LIMIT


@settings(max_examples=200)
@given(ANY_TEXT | TRICKS)
@example("a" * 79 + "=?" + "?=")
def test_what_comes_out_is_harmless_and_stays_as_it_is(typed: str) -> None:
    for clean, limit in ((clean_name, NAME_LIMIT), (clean_subject, SUBJECT_LIMIT)):
        cleaned = clean(typed)
        assert len(cleaned) <= limit
        assert clean(cleaned) == cleaned
        assert not set(cleaned) & set("\r\n\x00\x85\u2028\u2029\u202e")
        assert cleaned.encode(errors="ignore").decode() == cleaned  # no lone surrogate
        assert "?=" not in cleaned.partition("=?")[2]
    assert "://" not in clean_name(typed)
    assert "www." not in clean_name(typed).lower().split()
