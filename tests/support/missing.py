"""What a test does when this machine lacks a component."""

import os
from typing import NoReturn

import pytest


def missing(component: str, package: str) -> NoReturn:
    """Fails, or skips where ALLOW_MISSING=1 says that this is a laptop."""
    words = f"{component} is missing. On Debian and Ubuntu: apt-get install {package}"
    if os.environ.get("ALLOW_MISSING") == "1":
        pytest.skip(words)
    pytest.fail(words, pytrace=False)
