"""The browser that the tests drive: the system's, never a downloaded one."""

import shutil
from pathlib import Path

from support.missing import missing

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium() -> Path:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(found) if found else missing("Chromium", "chromium")
