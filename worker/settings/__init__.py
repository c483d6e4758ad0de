"""The settings: every key of `letterkey.toml`, read strictly at start and never changed while running."""

from worker.settings.checks import FACES
from worker.settings.load import DEFAULT_FILE, SettingsError, find_config, load_settings
from worker.settings.model import KNOWN_KINDS, Business, Product, Source
from worker.settings.secret_keys import Keys, load_or_make_keys
from worker.settings.values import Database, Listen, Mailbox, Network, Server, is_loopback
from worker.settings.whole import Settings

__all__ = [
    "DEFAULT_FILE",
    "FACES",
    "KNOWN_KINDS",
    "Business",
    "Database",
    "Keys",
    "Listen",
    "Mailbox",
    "Network",
    "Product",
    "Server",
    "Settings",
    "SettingsError",
    "Source",
    "find_config",
    "is_loopback",
    "load_or_make_keys",
    "load_settings",
]
