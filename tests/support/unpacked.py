"""Programs of packages that tests/install-packages unpacked without installing them, for that would start a server."""

import shutil
from pathlib import Path

from support.missing import missing

_FOLDER = Path(__file__).parents[2] / ".packages"


def program_of(package: str, name: str) -> str:
    """Where the program is: the machine's own, else the unpacked one."""
    places = [str(_FOLDER / package / "usr" / folder) for folder in ("bin", "sbin")]
    return shutil.which(name) or shutil.which(name, path=":".join([*places, "/usr/sbin"])) or missing(name, package)
