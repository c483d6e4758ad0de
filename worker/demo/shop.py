"""The demo's shop: a made-up merchant, written down as the settings that a real one would write.

Nobody's own settings count here: a demo must not reach a real relay.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from worker import shipped
from worker.settings import Settings, load_settings

NAME = "Atelier Nord"
ACCESS_ADDRESS = "purchases@example.org"
MERCHANT = "merchant@example.org"
API_KEY = "demo-key-of-this-machine"
STRIPE_SECRET = "whsec_demo"  # noqa: S105  # known to all, and good for nothing but the demo
THRIVECART_SECRET = "demo-secret-word"  # noqa: S105

_SETTINGS = """\
# The settings of Letterkey's demo, written anew at each start. Use them in another terminal:
# letterkey status --config {own_path}

state_dir = {folder}
base_url = {base_url}
api_keys = [{api_key}]

[hub]
listen = {hub}

[ops]
listen = {ops}

[mail]
from = {sender}
access_address = {access_address}
smtp_url = {smtp_url}

[inbound]
smtp_listen = {mail_door}

[receipts]
recurring = true

[invoices]
prefix = "AN-"
start = 1042

[business]
name = {name}
tax_id = "DE000000000"
logo = {logo}
support_email = "help@example.org"
support_url = "https://example.org/help"
timezone = "Europe/Berlin"

[business.address]
line1 = "Speicherweg 4"
city = "Hamburg"
postal_code = "20457"
country = "DE"

[business.colours]
accent = "#a8442a"

[console]
merchants = [{merchant}]

[sources.stripe]
secrets = [{stripe_secret}]

[sources.thrivecart]
secrets = [{thrivecart_secret}]
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens, on loopback."""

    hub: int
    ops: int
    mailbox: int
    sink: int
    mail_door: int

    @property
    def hub_url(self) -> str:
        """The worker's web server."""
        return f"http://127.0.0.1:{self.hub}"

    @property
    def mailbox_url(self) -> str:
        """The mailbox to look at."""
        return f"http://127.0.0.1:{self.mailbox}/dev/mailbox"


def set_up_shop(folder: Path, ports: Ports) -> tuple[Settings, Path]:
    """Write the shop's settings into the demo's folder; returns them and their file."""
    file = folder / "letterkey.toml"
    values = {
        "own_path": str(file),
        "folder": str(folder),
        "base_url": ports.hub_url,
        "hub": f"127.0.0.1:{ports.hub}",
        "ops": f"127.0.0.1:{ports.ops}",
        "smtp_url": f"smtp://127.0.0.1:{ports.sink}",
        "access_address": ACCESS_ADDRESS,
        "mail_door": f"127.0.0.1:{ports.mail_door}",
        "name": NAME,
        "sender": f"{NAME} <shop@example.org>",
        "logo": str(shipped.path("data", "samples", "logo.png")),
        "merchant": MERCHANT,
        "api_key": API_KEY,
        "stripe_secret": STRIPE_SECRET,
        "thrivecart_secret": THRIVECART_SECRET,
    }
    quoted = {name: json.dumps(value) for name, value in values.items()} | {"own_path": str(file)}
    file.write_text(_SETTINGS.format_map(quoted), encoding="utf-8")
    return load_settings(file, {}), file
