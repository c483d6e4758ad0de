"""Most addresses are taken by a cheap check of our own: it says what the library says, or leaves the matter to it."""

import string

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from worker.core.email_address import identity, normalise

PIECES = st.sampled_from(
    [*"aZ09.-_+@'", "--", "xn--", "..", "é", " ", "\n", "com", "test", "LOCAL", "x" * 63, "y" * 64]
)
LABELS = st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=8)
ODD = st.lists(PIECES, max_size=12).map("".join)
LIKELY = st.builds(
    lambda local, labels: f"{local}@{'.'.join(labels)}",
    st.text(string.ascii_letters + string.digits + ".!#+-_", min_size=1, max_size=66),
    st.lists(LABELS | st.sampled_from(["com", "test", "Local", "localhost", "x" * 63, "x" * 64]), max_size=5),
)


@given(ODD | LIKELY)
@example("a@" + "b." * 126 + "com")
@example("a" * 65 + "@example.com")
@example("ada@ab--c.com")
@example("ada@xn--mnchen-3ya.de")
@example("ada@example.com\n")
@example("ada@example.c")
@example("ada@example.1com")
@example("Ada@Example.ONION")
def test_what_is_taken_cheaply_is_what_the_library_would_take(text: str) -> None:
    if not text.isascii():
        return
    try:
        found = validate_email(
            text, allow_smtputf8=False, check_deliverability=False, test_environment=True, strict=True
        )
    except EmailNotValidError:
        with pytest.raises(ValueError, match="is no email address"):
            normalise(text)
    else:
        assert normalise(text) == f"{found.local_part}@{text.rpartition('@')[2].lower()}"


@given(st.text())
@example("ADA@EXAMPLE.COM")
@example("\u212a@example.com")  # the Kelvin sign, which lower() makes a k
def test_only_ascii_letters_are_folded(text: str) -> None:
    folded = identity(text)
    assert len(folded) == len(text)
    assert all(new == old or (new == old.lower() and old.isascii()) for old, new in zip(text, folded, strict=True))
    assert not set(folded) & set(string.ascii_uppercase)
