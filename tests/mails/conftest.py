"""The sets of mails that come with packages, fetched once."""

from pathlib import Path

import pytest

from mails.sets import TESTSUITE, FindSet, MailSet, SetMail, fetched, mails_of, python_mails


@pytest.fixture(scope="session")
def packages(pytestconfig: pytest.Config) -> Path:
    """The folder with the unpacked packages."""
    assert pytestconfig.cache is not None
    return fetched(pytestconfig.cache.mkdir("mail-sets"))


@pytest.fixture(scope="session")
def find_set(request: pytest.FixtureRequest) -> FindSet:
    """Gives the mails of a set."""

    def find(each: MailSet) -> list[SetMail]:
        return mails_of(each, python_mails() if each is TESTSUITE else request.getfixturevalue("packages"))

    return find
