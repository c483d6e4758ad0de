"""A profile as it is typed: what is taken, and what is wrong with which field."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.profile import FIELDS, FORMS, Wrong, read_profile
from worker.core.transaction import Address, Customer

LONDON = {"line1": "1 High St", "city": "London", "postal_code": "sw1a 1aa", "country": "gb"}


def test_what_is_typed_is_tidied() -> None:
    profile = read_profile({"name": "  Ada \n L. ", "phone": "+44 20 7946 0000", **LONDON})
    address = Address("1 High St", None, "London", None, "SW1A 1AA", "GB")
    assert profile == Customer(name="Ada L.", phone="+44 20 7946 0000", address=address)


def test_no_address_at_all_is_no_mistake() -> None:
    assert read_profile({"name": "Ada"}) == Customer(name="Ada", address=Address())


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({**LONDON, "country": ""}, {"country": Wrong.MISSING}),
        ({**LONDON, "country": "XX"}, {"country": Wrong.COUNTRY}),
        ({**LONDON, "postal_code": "1234"}, {"postal_code": Wrong.POSTAL_CODE}),
        ({**LONDON, "city": " "}, {"city": Wrong.MISSING}),
        ({**LONDON, "country": "US", "postal_code": "94103"}, {"region": Wrong.MISSING}),
        ({"country": "DE"}, {"line1": Wrong.MISSING, "city": Wrong.MISSING, "postal_code": Wrong.MISSING}),
        ({"phone": "call me"}, {"phone": Wrong.PHONE}),
        ({"name": "A" * 201}, {"name": Wrong.TOO_LONG}),
    ],
)
def test_each_mistake_is_told_at_its_field(typed: dict[str, str], wrong: dict[str, Wrong]) -> None:
    assert read_profile(typed) == wrong


@pytest.mark.parametrize("country", FORMS)
def test_the_example_of_each_country_is_right(country: str) -> None:
    typed = {"line1": "1", "city": "C", "region": "R", "postal_code": FORMS[country].example, "country": country}
    assert isinstance(read_profile(typed), Customer)


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60)))
@settings(max_examples=200)
def test_whatever_is_sent_is_a_profile_or_a_list_of_mistakes(typed: dict[str, str]) -> None:
    found = read_profile(typed)
    assert isinstance(found, Customer) or found
