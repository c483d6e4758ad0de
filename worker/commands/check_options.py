"""The options of `check`."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class How:
    """How it is tried and told."""

    deep: Annotated[bool, Parameter(help="Also read all of the database, and ask providers", negative="")] = False
    test_receipt: Annotated[
        bool, Parameter(help="Also mail a receipt for a made-up sale to business.support_email", negative="")
    ] = False
    wait: Annotated[bool, Parameter(help="Look again until nothing is wrong, an hour at most", negative="")] = False
    json: Annotated[bool, Parameter(help="As one JSON object, for scripts", negative="")] = False
