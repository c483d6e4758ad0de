"""What the settings mean to the relay: how it is spoken to, and who reads what relays tell of bounces."""

import socket
from importlib.util import find_spec

from worker.net.relay_address import RelayAddress, relay_address
from worker.relays import RELAYS
from worker.relays.relay import KEPT_AS, Relay
from worker.settings import Server, Settings, SettingsError

_SCHEMES = {"plain": "smtp", "tls": "smtps", "starttls": "smtp+starttls"}


def relay_of(server: Server) -> RelayAddress:
    """The relay and how to speak to it."""
    password = server.password.get_secret_value() if server.password is not None else ""
    address = relay_address(f"{_SCHEMES[server.security]}://{_host(server)}", socket.gethostname())
    return RelayAddress(
        scheme=address.scheme,
        host=address.host,
        port=address.port,
        local_hostname=address.local_hostname,
        user=server.user or "",
        password=password,
        tls=address.tls,
    )


def _host(server: Server) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}"


def relays_of(settings: Settings) -> dict[str, Relay]:
    """The reader of each relay's webhooks, by the name that its events are kept under.

    Raises SettingsError where a library is missing.
    """
    if "ses" in settings.relay and find_spec("cryptography") is None:
        raise SettingsError(["relay.ses needs a library that isn't installed: pip install 'letterkey[ses]'"])
    return {KEPT_AS + name: RELAYS[name] for name in settings.relay}
