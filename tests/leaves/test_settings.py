"""The settings as a merchant meets them: a file, an environment, and what is said when one of them is wrong."""

import re
import time
from pathlib import Path

import pytest

from worker.settings import Listen, Mailbox, Settings, SettingsError, find_config, load_settings

CUSTOMER_FACING = {
    "LETTERKEY_BASE_URL": "https://shop.example",
    "LETTERKEY_MAIL__FROM": "Shop <shop@shop.example>",
    "LETTERKEY_MAIL__SMTP_URL": "smtp+starttls://user:pass@relay.example",
}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "letterkey.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path | None, environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environ)
    return list(caught.value.problems)


def from_environment(**values: str) -> Settings:
    return load_settings(None, {f"LETTERKEY_{name}": value for name, value in values.items()})


def test_nothing_set_gives_the_defaults() -> None:
    settings = load_settings(None, {"PATH": "/bin", "letterkey_note": "not ours"})
    assert settings == Settings()
    assert settings.hub.listen == Listen("127.0.0.1", 8080)
    assert settings.database.kind == "sqlite"
    assert settings.database.path == Path("data/state/letterkey.db")


def test_the_file_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        base_url = "https://Shop.example/"
        api_keys = ["0123456789abcdef", "two-0123456789-abcdef"]
        mail.from = '"Ada, Grace & Co" <shop@shop.example>'
        [products."course 1"]
        receipt_style = "none"
        [hub]
        trusted_proxies = ["10.0.0.0/8", "fd00::/8"]
        """,
    )
    settings = load_settings(path, {})
    assert settings.base_url == "https://shop.example"
    assert [key.get_secret_value() for key in settings.api_keys] == ["0123456789abcdef", "two-0123456789-abcdef"]
    assert settings.mail.from_ == Mailbox("Ada, Grace & Co", "shop@shop.example")
    assert settings.products["course 1"].receipt_style == "none"
    assert [str(each) for each in settings.hub.trusted_proxies] == ["10.0.0.0/8", "fd00::/8"]


def test_the_environment_wins_key_by_key(tmp_path: Path) -> None:
    path = written(tmp_path, '[business]\nname = "File"\nlocale = "de"\n[business.address]\ncity = "Leeds"\n')
    environ = {"LETTERKEY_BUSINESS__NAME": "Environment", "LETTERKEY_BUSINESS__ADDRESS__LINE1": "1 High St"}
    business = load_settings(path, environ).business
    assert (business.name, business.locale) == ("Environment", "de")
    assert (business.address.line1, business.address.city) == ("1 High St", "Leeds")


@pytest.mark.parametrize("written_as", ["whsec_a,whsec_b", " whsec_a , whsec_b ,", '["whsec_a", "whsec_b"]'])
def test_lists_in_the_environment(written_as: str) -> None:
    secrets = from_environment(SOURCES__STRIPE__SECRETS=written_as).sources["stripe"].secrets
    assert [each.get_secret_value() for each in secrets] == ["whsec_a", "whsec_b"]


def test_empty_variables_mean_not_set(tmp_path: Path) -> None:
    path = written(tmp_path, '[mail]\naccess_address = "access@shop.example"\n[products.p]\nreceipt_style = "none"')
    environ = {
        "LETTERKEY_MAIL__ACCESS_ADDRESS": "",
        "LETTERKEY_API_KEYS": "",
        "LETTERKEY_PRODUCTS__p__RECEIPT_STYLE": "",
    }
    settings = load_settings(path, environ)
    assert settings.mail.access_address is None
    assert settings.api_keys == ()
    assert settings.products["p"].receipt_style is None


def test_products_keep_their_case_and_sources_lose_it(tmp_path: Path) -> None:
    environ = {"LETTERKEY_PRODUCTS__Course-1__RECEIPT_STYLE": "simple", "LETTERKEY_SOURCES__STRIPE__ISSUER": "us"}
    settings = load_settings(None, environ)
    assert settings.products["Course-1"].receipt_style == "simple"
    assert settings.sources["stripe"].kind == "stripe"
    in_file = written(tmp_path, '[products.course-1]\nreceipt_style = "none"')
    assert set(load_settings(in_file, environ).products) == {"course-1"}


def test_a_wrong_setting_names_line_key_and_cure(tmp_path: Path) -> None:
    path = written(tmp_path, 'api_keys = [\n  "a",\n]\n\n# colours\n[business.colours]\n\naccent = "red"\n')
    assert problems(path, {}) == [
        f"{path}:8: business.colours.accent is no colour; write # and six hex digits, like #1f5c4d"
    ]


def test_a_setting_over_several_lines_is_found_where_it_begins(tmp_path: Path) -> None:
    path = written(tmp_path, '[hub]\n\ntrusted_proxies = [\n  "10.0.0.0/8",\n  "10.0.0.1/8",\n]\n')
    wrong = "names a machine within a network; write 10.0.0.0/8 for the whole network"
    assert problems(path, {}) == [f"{path}:3: hub.trusted_proxies {wrong}"]


@pytest.mark.parametrize(
    ("text", "line", "unknown", "meant"),
    [
        ('[mail]\nform = "x"', 2, "mail.form", "mail.from"),
        ('[recepits]\nstyle = "none"', 1, "recepits", "receipts"),
        ('smtp_url = "smtp://h"', 1, "smtp_url", "mail.smtp_url"),
        ('[business.colors]\naccent = "#000000"', 1, "business.colors", "business.colours"),
        ('[sources.stripe]\nsecret = "x"', 2, "sources.stripe.secret", "sources.stripe.secrets"),
        ('[products.p]\nstyle = "none"', 2, "products.p.style", "receipts.style"),
        ("links = { hours = 1, code_minute = 2 }", 1, "links.code_minute", "links.code_minutes"),
    ],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, text: str, line: int, unknown: str, meant: str) -> None:
    path = written(tmp_path, text)
    assert problems(path, {}) == [f"{path}:{line}: {unknown} is unknown; did you mean {meant}?"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LETTERKEY_MAIL_FROM", "LETTERKEY_MAIL__FROM"),
        ("LETTERKEY_BASEURL", "LETTERKEY_BASE_URL"),
        ("LETTERKEY_MAIL__FORM", "LETTERKEY_MAIL__FROM"),
        ("LETTERKEY_BUSINESS__ADRESS__LINE1", "LETTERKEY_BUSINESS__ADDRESS"),
        ("LETTERKEY_SOURCES__STRIPE__SECRET", "LETTERKEY_SOURCES__stripe__SECRETS"),
        ("LETTERKEY_RECIEPTS__STYLE", "LETTERKEY_RECEIPTS"),
    ],
)
def test_an_unknown_variable_stops_the_start_too(tmp_path: Path, name: str, meant: str) -> None:
    path = written(tmp_path, '[mail]\nfrom = "shop@shop.example"\n')
    (problem,) = problems(path, {name: "x"})
    assert problem.startswith(f"{name}: ")
    assert problem.endswith(f" is unknown; did you mean {meant}?")


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, '[links]\nhours = 0\n[receipts]\nstyle = "fancy"\nrecurring = "perhaps"\n')
    assert problems(path, {"LETTERKEY_LIMITS__PER_DAY": "ten"}) == [
        f"{path}:4: receipts.style must be 'invoice', 'simple' or 'none'",
        f"{path}:5: receipts.recurring must be true or false",
        f"{path}:2: links.hours must be 1 or more",
        "LETTERKEY_LIMITS__PER_DAY: limits.per_day is no whole number; write digits only",
    ]


def test_what_is_no_toml_names_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "[mail]\nfrom = Shop <sekrit@shop.example>\n")
    (problem,) = problems(path, {})
    assert problem.startswith(f"{path}:2: ")
    assert "quotes" in problem
    assert "sekrit" not in problem


def test_a_file_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(None) is None
    assert "no such file" in problems(find_config(tmp_path / "other.toml"), {})[0]
    written(tmp_path, "")
    assert find_config(None) == Path("letterkey.toml")


def test_a_file_that_is_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "letterkey.toml"
    path.write_bytes(b'[business]\nname = "Caf\xe9"\n')
    assert problems(path, {}) == [f"{path}: is not UTF-8 text; save it as UTF-8"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == [f"{tmp_path}: cannot be read: Is a directory"]


SECRET = "hunter2hunter2hunter2"


@pytest.mark.parametrize(
    "name",
    [
        "MAIL__SMTP_URL",
        "INBOUND__IMAP_URL",
        "DATABASE_URL",
        "SOURCES__STRIPE__PATH_SECRET",
        "SECRET_KEYS",
        "API_KEYS",
        "SOURCES__STRIPE__API_KEY",
        "MAIL__FROM",
        "LINKS__HOURS",
        "MAIL",
        "MAIL__PASSWORD",
        "HUB__LISTEN",
        "BASE_URL",
    ],
)
@pytest.mark.parametrize("shape", ["mysql://u:{}@h:x/ /", "{} {}", "[{}", "smtp://u:{}@h/p?q", "\n{}", "http://{}@h/"])
def test_no_error_shows_what_was_written(name: str, shape: str) -> None:
    environ = {f"LETTERKEY_{name}": shape.format(SECRET, SECRET), "LETTERKEY_UNKNOWN": SECRET}
    with pytest.raises(SettingsError) as caught:
        load_settings(None, environ)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_no_repr_shows_a_secret() -> None:
    settings = from_environment(
        DATABASE_URL=f"postgresql://u:{SECRET}@h/letterkey",
        SECRET_KEYS=SECRET,
        DOCUMENT_KEYS=SECRET,
        API_KEYS=SECRET,
        MAIL__SMTP_URL=f"smtps://u:{SECRET}@relay.example",
        INBOUND__IMAP_URL=f"imaps://u:{SECRET}@imap.example/INBOX",
        SOURCES__STRIPE__SECRETS=SECRET,
        SOURCES__STRIPE__API_KEY=SECRET,
        SOURCES__STRIPE__PATH_SECRET=SECRET,
        RELAY__POSTMARK__SECRETS=SECRET,
        ENDPOINTS__CRM__SECRETS=SECRET,
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in repr(settings.model_dump(warnings=False))
    assert "hunter2" not in repr(settings.database)


def test_settings_never_change() -> None:
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.base_url = "https://other.example"
    with pytest.raises(ValueError, match="frozen"):
        settings.hub.allow_pause = True


def test_settings_are_read_in_no_time(tmp_path: Path) -> None:
    path = written(tmp_path, (Path(__file__).parents[2] / "letterkey.sample.toml").read_text(encoding="utf-8"))
    began = time.perf_counter()
    load_settings(path, {})
    assert time.perf_counter() - began < 0.25


# What one setting demands of another.


@pytest.mark.parametrize(
    ("values", "start"),
    [
        ({"DATABASE_URL": "postgresql://u@h/d"}, "LETTERKEY_DATABASE_URL: secret_keys must be set with PostgreSQL"),
        ({"MAIL__DKIM_KEY": "k.pem"}, "LETTERKEY_MAIL__DKIM_KEY: mail.dkim_selector is needed"),
        ({"MAIL__DKIM_SELECTOR": "s"}, "LETTERKEY_MAIL__DKIM_SELECTOR: mail.dkim_key is needed"),
        ({"INBOUND__TLS_CERT": "c.pem"}, "LETTERKEY_INBOUND__TLS_CERT: inbound.tls_key is needed"),
        ({"INBOUND__TLS_KEY": "k.pem"}, "LETTERKEY_INBOUND__TLS_KEY: inbound.tls_cert is needed"),
        ({"INBOUND__IMAP_URL": "imaps://h/INBOX"}, "LETTERKEY_INBOUND__IMAP_URL: inbound.imap_url names no user"),
        ({"INBOUND__IMAP_URL": "imaps://u@h/INBOX"}, "LETTERKEY_INBOUND__IMAP_URL: inbound.imap_url has no password"),
        ({"INBOUND__IMAP_URL": "imap://u:p@h/INBOX"}, "LETTERKEY_INBOUND__IMAP_URL: inbound.imap_url would send"),
        (
            {"INBOUND__IMAP_TOKEN_COMMAND": "token 'shop"},
            "LETTERKEY_INBOUND__IMAP_TOKEN_COMMAND: inbound.imap_token_command has a quote that never ends",
        ),
        ({"MAIL__SMTP_URL": "smtp://u:p@relay.example"}, "LETTERKEY_MAIL__SMTP_URL: mail.smtp_url would send"),
        ({"SOURCES__RELAY__KIND": "stripe"}, "LETTERKEY_SOURCES__RELAY__KIND: sources.relay may not be called relay"),
        ({"SOURCES__API__KIND": "stripe"}, "LETTERKEY_SOURCES__API__KIND: sources.api may not be called api"),
        ({"SOURCES__MY SHOP__KIND": "stripe"}, "LETTERKEY_SOURCES__MY SHOP__KIND: sources.my shop is no good name"),
        ({"SOURCES__STRIPE__KIND": "thrivecart"}, "LETTERKEY_SOURCES__STRIPE__KIND: sources.stripe.kind differs"),
        ({"SOURCES__SHOP__ISSUER": "us"}, "LETTERKEY_SOURCES__SHOP__ISSUER: sources.shop.kind is missing"),
        ({"SOURCES__SHOP__KIND": "faxpay"}, "LETTERKEY_SOURCES__SHOP__KIND: sources.shop.kind must be one of '"),
    ],
)
def test_one_setting_demands_another(values: dict[str, str], start: str) -> None:
    (problem,) = problems(None, {f"LETTERKEY_{name}": value for name, value in values.items()})
    assert problem.startswith(start)


@pytest.mark.parametrize("keys", ["§1§", "0123456789abcde", "a-key-that-is-long-enough,short"])
def test_a_key_that_can_be_guessed_stops_the_start(keys: str) -> None:
    [problem] = problems(None, {"LETTERKEY_API_KEYS": keys})
    assert "fewer than 16 characters" in problem
    assert keys not in problem


def test_a_demand_names_the_line_of_what_demands_it(tmp_path: Path) -> None:
    path = written(tmp_path, '# keys\n[mail]\ndkim_key = "k.pem"\n')
    assert problems(path, {})[0].startswith(f"{path}:3: mail.dkim_selector is needed with mail.dkim_key")


def run_problems(**changes: str) -> list[str]:
    environ = CUSTOMER_FACING | {f"LETTERKEY_{name}": value for name, value in changes.items()}
    return [named(problem) for problem in load_settings(None, environ).problems_for_run()]


def named(problem: str) -> str:
    """The key that a problem is about; what was given wrong stands before it, as a line or a variable."""
    found = re.match(r"(?:LETTERKEY_\w+: )?(\S+) ", problem)
    assert found is not None
    return found[1]


def test_a_real_shop_may_run() -> None:
    assert run_problems() == []


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:8080", "https://localhost", "https://[::1]", "http://shop.example", "https://a.localhost"],
)
def test_links_for_nobody_or_for_everybody_do_not_go_to_a_real_relay(base_url: str) -> None:
    assert run_problems(BASE_URL=base_url) == ["base_url"]
    for relay in ("smtp://127.0.0.1:2525", "smtp://localhost", "smtp://[::1]:25"):
        assert run_problems(BASE_URL=base_url, MAIL__SMTP_URL=relay) == []


def test_what_a_run_needs(tmp_path: Path) -> None:
    assert run_problems(MAIL__FROM="") == ["mail.from"]
    assert run_problems(MAIL__FROM="", RECEIPTS__STYLE="none") == ["mail.from"]  # links and alerts go out all the same
    hub_alone = CUSTOMER_FACING | {"LETTERKEY_MAIL__FROM": "", "LETTERKEY_RECEIPTS__STYLE": "none"}
    assert load_settings(None, hub_alone).problems_for_run(("hub", "transactions")) == []
    assert run_problems(MAIL__FROM="", RECEIPTS__STYLE="none", PRODUCTS__p__RECEIPT_STYLE="simple") == ["mail.from"]
    assert run_problems(MAIL__SMTP_URL="") == ["mail.smtp_url"]
    assert run_problems(MAIL__BOUNCE_ADDRESS="bounces-of-shop@shop.example") == []
    assert run_problems(MAIL__BOUNCE_ADDRESS="bounces-of-shops@shop.example") == ["mail.bounce_address"]
    assert run_problems(SOURCES__STRIPE__ISSUER="us") == ["sources.stripe.secrets"]
    assert run_problems(ENDPOINTS__API__URL="https://shop.example/hook") == ["endpoints.api.secrets"]
    hears = {"ENDPOINTS__API__SECRETS": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    assert run_problems(ENDPOINTS__API__URL="http://shop.example/hook", **hears) == ["endpoints.api.url"]
    assert run_problems(ENDPOINTS__API__URL="http://127.0.0.1:9000/hook", **hears) == []
    assert run_problems(BUSINESS__LOGO=str(tmp_path / "none.png")) == ["business.logo"]
    assert run_problems(MAIL__DKIM_KEY=str(tmp_path / "k"), MAIL__DKIM_SELECTOR="s") == ["mail.dkim_key"]


def test_what_keeps_a_run_from_starting_names_its_line_or_variable(tmp_path: Path) -> None:
    text = '# links\nbase_url = "http://shop.example"\n[mail]\nfrom = "a@shop.example"\nsmtp_url = "smtps://relay.example"\n'
    path = written(tmp_path, text + '[business]\nlogo = "none.png"\n')
    environ = {"LETTERKEY_MAIL__DKIM_KEY": "none.pem", "LETTERKEY_MAIL__DKIM_SELECTOR": "s"}
    dkim, logo, base_url = load_settings(path, environ).problems_for_run()
    assert dkim.startswith("LETTERKEY_MAIL__DKIM_KEY: mail.dkim_key names a file")
    assert logo.startswith(f"{path}:7: business.logo names a file")
    assert base_url.startswith(f"{path}:2: base_url is plain http")
    [missing] = load_settings(written(tmp_path, '[mail]\nsmtp_url = "smtp://127.0.0.1"\n'), {}).problems_for_run()
    assert missing.startswith("mail.from is not set")


def test_only_what_its_faces_need() -> None:
    assert from_environment().problems_for_run(["hub"]) == []
    assert [named(each) for each in from_environment().problems_for_run(["outbound"])] == [
        "mail.smtp_url",
        "mail.from",
    ]


def test_replies_reach_somebody() -> None:
    access = {"MAIL__ACCESS_ADDRESS": "access@shop.example"}
    assert run_problems(**access) == ["business.support_email"]
    assert run_problems(**access, BUSINESS__SUPPORT_EMAIL="help@shop.example") == []
    assert run_problems(**access, INBOUND__FORWARD_TO="help@shop.example") == []
    assert run_problems(**access, RECEIPTS__REPLY_TO="support") == []
    assert run_problems(RECEIPTS__REPLY_TO="access") == ["mail.access_address"]


def test_where_replies_alerts_and_words_go() -> None:
    plain = from_environment(BUSINESS__SUPPORT_EMAIL="help@shop.example")
    assert plain.receipt_reply_to == plain.forward_to == "help@shop.example"
    assert plain.alert_addresses == ("help@shop.example",)
    full = from_environment(
        BUSINESS__SUPPORT_EMAIL="help@shop.example",
        MAIL__ACCESS_ADDRESS="access@shop.example",
        INBOUND__FORWARD_TO="words@shop.example",
        ALERTS__TO="a@shop.example,b@shop.example",
    )
    assert full.receipt_reply_to == "access@shop.example"
    assert full.forward_to == "words@shop.example"
    assert full.alert_addresses == ("a@shop.example", "b@shop.example")
    assert from_environment().alert_addresses == ()


def test_the_shop_has_a_name() -> None:
    assert from_environment().shop_name == ""
    assert from_environment(MAIL__FROM="a@shop.example").shop_name == "shop.example"
    assert from_environment(MAIL__FROM="Shop <a@shop.example>").shop_name == "Shop"
    assert from_environment(MAIL__FROM="Shop <a@shop.example>", BUSINESS__NAME="Shop Ltd").shop_name == "Shop Ltd"


def test_a_mail_door_needs_an_address_and_somebody_to_forward_to(tmp_path: Path) -> None:
    door = {"INBOUND__SMTP_LISTEN": "127.0.0.1:2525", "RECEIPTS__REPLY_TO": "support"}
    help_, access = {"BUSINESS__SUPPORT_EMAIL": "help@x.example"}, {"MAIL__ACCESS_ADDRESS": "a@x.example"}
    assert run_problems(**door, **help_, **access) == []
    assert run_problems(**door, **help_) == ["mail.access_address"]
    assert run_problems(**door, **access, BUSINESS__SUPPORT_EMAIL="") == ["inbound.forward_to"]
    assert run_problems(**door, **access, INBOUND__FORWARD_TO="A@x.example") == ["inbound.forward_to"]
    missing = str(tmp_path / "none.pem")
    tls = {"INBOUND__TLS_CERT": missing, "INBOUND__TLS_KEY": missing}
    assert run_problems(**door, **help_, **access, **tls) == ["inbound.tls_cert", "inbound.tls_key"]


def test_a_mailbox_needs_as_much_and_may_be_the_one_that_people_read() -> None:
    box = {"INBOUND__IMAP_URL": "imaps://a%40x.example:p@imap.x.example", "RECEIPTS__REPLY_TO": "support"}
    access = {"MAIL__ACCESS_ADDRESS": "a@x.example"}
    assert run_problems(**box) == ["mail.access_address", "inbound.forward_to"]
    assert run_problems(**box, **access, INBOUND__FORWARD_TO="help@x.example") == []
    own = from_environment(**box, **access, INBOUND__FORWARD_TO="A@x.example")
    assert own.people_read_mailbox
    assert own.problems_for_run(["inbound"]) == []
    assert not from_environment(**box, **access, INBOUND__FORWARD_TO="help@x.example").people_read_mailbox
    assert not from_environment(**access, INBOUND__FORWARD_TO="a@x.example").people_read_mailbox
    listener = {"INBOUND__SMTP_LISTEN": "127.0.0.1:2525", "INBOUND__FORWARD_TO": "a@x.example"}
    assert run_problems(**box, **access, **listener) == ["inbound.forward_to"]
