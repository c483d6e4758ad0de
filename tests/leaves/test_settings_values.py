"""Each kind of value: what is taken, as what, and what is refused."""

from pathlib import Path

import pytest

from worker.settings import Database, Listen, Mailbox, SettingsError, load_settings


def read(name: str, value: str) -> object:
    """The value of a setting like `mail.from` that the environment sets to this text."""
    table, _, key = name.partition(".")
    settings = load_settings(
        None, {f"LETTERKEY_{name.upper().replace('.', '__')}": value, "LETTERKEY_SECRET_KEYS": "k" * 32}
    )
    found = getattr(settings, table)
    return getattr(found, {"from": "from_"}.get(key, key)) if key else found


def refusal(name: str, value: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(name, value)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("shop@shop.example", Mailbox("", "shop@shop.example")),
        ("Shop <shop@shop.example>", Mailbox("Shop", "shop@shop.example")),
        ("Café, Grüße & Söhne <shop@shop.example>", Mailbox("Café, Grüße & Söhne", "shop@shop.example")),
        (r'"The \"Best\" Shop" <Shop@SHOP.example>', Mailbox('The "Best" Shop', "Shop@shop.example")),
        ("<shop@shop.example>", Mailbox("", "shop@shop.example")),
        ("shop@bücher.example", Mailbox("", "shop@xn--bcher-kva.example")),
        ("", None),
    ],
)
def test_mailboxes(value: str, expected: Mailbox | None) -> None:
    assert read("mail.from", value) == expected


@pytest.mark.parametrize(
    "value",
    ["Shop", "a@b@c.example", "Shop <>", "a b@c.example", "Shop <a@b.example> x", "@b.example", "grüße@b.example"],
)
def test_what_is_no_mailbox(value: str) -> None:
    assert "is no email address; write one like" in refusal("mail.from", value)


@pytest.mark.parametrize(
    "value", ["Shop\r\nBcc: a@b.example <a@b.example>", "a@b.example\nx", "Shop\x00 <a@b.example>"]
)
def test_nothing_starts_a_header_of_its_own(value: str) -> None:
    assert "line break" in refusal("mail.from", value)
    assert "line break" in refusal("business.name", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("smtp://relay.example", ("plain", "relay.example", 25, None)),
        ("smtps://relay.example", ("tls", "relay.example", 465, None)),
        ("smtp+starttls://me:a%40b%2Fc@relay.example", ("starttls", "relay.example", 587, "me")),
        ("smtp://[::1]:2525/", ("plain", "::1", 2525, None)),
        ("smtps://me%40shop.example:x@relay.example:1465", ("tls", "relay.example", 1465, "me@shop.example")),
    ],
)
def test_relays(value: str, expected: tuple[object, ...]) -> None:
    relay = load_settings(None, {"LETTERKEY_MAIL__SMTP_URL": value}).mail.smtp_url
    assert relay
    assert (relay.security, relay.host, relay.port, relay.user) == expected


def test_the_password_is_decoded() -> None:
    relay = load_settings(None, {"LETTERKEY_MAIL__SMTP_URL": "smtps://me:a%40b%2F%C3%BC+c@relay.example"}).mail.smtp_url
    assert relay
    assert relay.password
    assert relay.password.get_secret_value() == "a@b/ü+c"


@pytest.mark.parametrize(
    "value",
    [
        "relay.example:25",
        "http://relay.example",
        "smtp://",
        "smtp://:pass@relay.example",
        "smtp://relay.example:99999",
        "smtp://relay.example:abc",
        "smtp://relay.example/path",
        "smtp://relay.example?x=1",
        "smtp://u:p/w@relay.example",
        "smtp://u:%ff@relay.example",
        "smtp://u:%0d%0aQUIT@relay.example",
        "smtp://[relay",
        "smtp://münchen.example",
    ],
)
def test_what_is_no_relay(value: str) -> None:
    assert refusal("mail.smtp_url", value).startswith("LETTERKEY_MAIL__SMTP_URL: mail.smtp_url ")


def test_imap_accounts() -> None:
    imap = load_settings(
        None, {"LETTERKEY_INBOUND__IMAP_URL": "imaps://me:x@imap.example/Shop%20mail/In"}
    ).inbound.imap_url
    assert imap
    assert (imap.host, imap.port, imap.mailbox) == ("imap.example", 993, "Shop mail/In")
    plain = load_settings(None, {"LETTERKEY_INBOUND__IMAP_URL": "imap://me:x@127.0.0.1"}).inbound.imap_url
    assert plain
    assert (plain.port, plain.mailbox) == (143, "INBOX")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0.0.0.0:80", Listen("0.0.0.0", 80)), ("[::]:8080", Listen("::", 8080)), ("localhost:0", Listen("localhost", 0))],
)
def test_listening(value: str, expected: Listen) -> None:
    assert read("hub.listen", value) == expected


@pytest.mark.parametrize(
    "value", ["8080", ":8080", "localhost", "host:port", "1.2.3.4:99999", "http://h:80", "::1:80", ""]
)
def test_where_nothing_can_listen(value: str) -> None:
    assert "hub.listen" in refusal("hub.listen", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("192.0.2.53", [Listen("192.0.2.53", 53)]),
        ("192.0.2.53:5353, 192.0.2.54", [Listen("192.0.2.53", 5353), Listen("192.0.2.54", 53)]),
        ("2001:db8::53", [Listen("2001:db8::53", 53)]),
        ('["[2001:db8::53]:5353"]', [Listen("2001:db8::53", 5353)]),
        ("", []),
    ],
)
def test_name_servers(value: str, expected: list[Listen]) -> None:
    assert read("dns.servers", value) == tuple(expected)


@pytest.mark.parametrize(
    "value", ["dns.example", "192.0.2.53:99999", "https://192.0.2.53", "192.0.2.53/32", "user@::1"]
)
def test_what_is_no_name_server(value: str) -> None:
    assert refusal("dns.servers", value).startswith("LETTERKEY_DNS__SERVERS: dns.servers ")


def test_listeners_that_may_be_off() -> None:
    assert read("ops.listen", "") is None
    assert read("inbound.smtp_listen", "") is None


@pytest.mark.parametrize(
    ("value", "kind", "path"),
    [
        ("sqlite:///data/x.db", "sqlite", Path("data/x.db")),
        ("sqlite:////srv/x.db", "sqlite", Path("/srv/x.db")),
        ("postgresql://u:p@h:5432/letterkey?sslmode=require", "postgresql", None),
        ("postgresql:///letterkey?host=/run/postgresql", "postgresql", None),
    ],
)
def test_databases(value: str, kind: str, path: Path | None) -> None:
    found = read("database_url", value)
    assert isinstance(found, Database)
    assert (found.kind, found.path, found.url.get_secret_value()) == (kind, path, value)


@pytest.mark.parametrize(
    "value",
    [
        "x.db",
        "sqlite://x.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://h/d",
        "postgres://h/d",
        "postgresql://h:x/d",
    ],
)
def test_what_is_no_database(value: str) -> None:
    assert "postgresql://user:password@host/name" in refusal("database_url", value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("base_url", "https://Shop.Example:8443/", "https://shop.example:8443"),
        ("business.locale", "pt_BR", "pt-BR"),
        ("business.locale", "de", "de"),
        ("business.timezone", "Europe/Berlin", "Europe/Berlin"),
        ("business.support_url", "https://shop.example/help?x=1", "https://shop.example/help?x=1"),
        ("invoices.prefix", "2026/A-", "2026/A-"),
        ("invoices.start", "1042", 1042),
        ("hub.allow_pause", "true", True),
        ("hub.allow_cancel", "0", False),
        ("links.glance_minutes", "0", 0),
        ("console.merchants", "a@shop.example, b@shop.example", ("a@shop.example", "b@shop.example")),
        ("state_dir", "/srv/letterkey", Path("/srv/letterkey")),
    ],
)
def test_other_values(name: str, value: str, expected: object) -> None:
    assert read(name, value) == expected


def test_colours_and_countries() -> None:
    environ = {"LETTERKEY_BUSINESS__COLOURS__ACCENT": "#AABBCC", "LETTERKEY_BUSINESS__ADDRESS__COUNTRY": "gb"}
    business = load_settings(None, environ).business
    assert (business.colours.accent, business.address.country) == ("#aabbcc", "GB")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("base_url", "https://shop.example/shop", "scheme and host"),
        ("base_url", "https://shop.example?x", "scheme and host"),
        ("base_url", "ftp://shop.example", "https://shop.example"),
        ("base_url", "shop.example", "https://shop.example"),
        ("base_url", "https://u:p@shop.example", "https://shop.example"),
        ("base_url", "https://shop .example", "https://shop.example"),
        ("business.locale", "klingon", "known locale"),
        ("business.locale", "", "known locale"),
        ("business.timezone", "Mars/Olympus", "write one like Europe/Berlin"),
        ("business.timezone", "Europe/Berln", "did you mean Europe/Berlin?"),
        ("business.timezone", "america/new york", "did you mean America/New_York?"),
        ("business.timezone", "../etc/passwd", "known time zone"),
        ("business.support_url", "javascript:alert(1)", "web address"),
        ("business.support_email", "help", "email address"),
        ("business.address.country", "England", "two letters"),
        ("business.colours.background", "#fff", "hex digits"),
        ("invoices.prefix", "№ ", "letters, digits"),
        ("invoices.prefix", "x" * 21, "at most 20"),
        ("invoices.start", "0", "1 or more"),
        ("invoices.start", "1.5", "whole number"),
        ("hub.trusted_proxies", "proxy", "10.0.0.0/8"),
        ("hub.allow_pause", "perhaps", "true or false"),
        ("links.hours", "9999999", "1000000 or less"),
        ("limits.per_day", "", "whole number"),
        ("document_keys", "short", "at least 16"),
        ("api_keys", '["a b"]', "holds a space"),
        ("api_keys", '["a"', "is no list"),
        ("api_keys", "[1]", "is not text"),
        ("sources.stripe.path_secret", "a/b", "stands in a URL"),
        ("sources.stripe.issuer", "them", "'us' or 'provider'"),
    ],
)
def test_other_values_refused(name: str, value: str, says: str) -> None:
    assert says in refusal(name, value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("invoices.start = true", "whole number"),
        ("business.name = 7", "write it in quotes"),
        ("business.name = {en = 'x'}", "one value, not a table"),
        ("mail = 7", "is a table; inside it stand from, access_address"),
        ("products = 7", "is a table; inside it stand tables with names of your own"),
        ("products.p = 7", "is a table; inside it stand receipt_style"),
        ("api_keys = 7", "is not text"),
    ],
)
def test_wrong_kinds_in_the_file(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "letterkey.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}:1: ")
    assert says in problem
