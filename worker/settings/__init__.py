"""The settings: every key of `letterkey.toml`, read strictly at start, and anew where that is asked for."""

from worker.settings.accounts import Endpoint, Source
from worker.settings.checks import FACES
from worker.settings.fields import KNOWN_KINDS
from worker.settings.fixed import changed_in_vain, keeping_fixed
from worker.settings.load import DEFAULT_FILE, SettingsError, find_config, load_settings
from worker.settings.made import MAKEABLE, Overlaid, Problem, key_of_made, overlay, problems_of, value_of
from worker.settings.model import Business, Product
from worker.settings.names import Key
from worker.settings.pictures import Picture, picture
from worker.settings.secret_keys import Keys, kept_keys, load_or_make_keys
from worker.settings.values import Database, Listen, Mailbox, Network, Server, is_loopback
from worker.settings.whole import Settings

__all__ = [
    "DEFAULT_FILE",
    "FACES",
    "KNOWN_KINDS",
    "MAKEABLE",
    "Business",
    "Database",
    "Endpoint",
    "Key",
    "Keys",
    "Listen",
    "Mailbox",
    "Network",
    "Overlaid",
    "Picture",
    "Problem",
    "Product",
    "Server",
    "Settings",
    "SettingsError",
    "Source",
    "changed_in_vain",
    "find_config",
    "is_loopback",
    "keeping_fixed",
    "kept_keys",
    "key_of_made",
    "load_or_make_keys",
    "load_settings",
    "overlay",
    "picture",
    "problems_of",
    "value_of",
]
