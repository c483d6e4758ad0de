"""What the settings mean to provider actions: how each source is reached, and who does what can't be asked for."""

from worker.actions.ask_provider import ActionPolicy
from worker.actions.record_call import Hearing
from worker.core.policy import Policy
from worker.core.standard_webhooks import wrong_secret
from worker.settings import Endpoint as EndpointTable
from worker.settings import Settings, SettingsError
from worker.sources import ACTINGS
from worker.sources.account import Account
from worker.sources.ways import Endpoint, Reach, Ways


def ways_of(settings: Settings) -> Ways:
    """How each source is asked to act: by its provider's API where a key is set, by an endpoint of its name.

    Raises SettingsError for an endpoint's secret that nothing can be signed with.
    """
    names = {*settings.sources, *settings.endpoints}
    return Ways({name: _reach(settings, name) for name in names}, settings.hub.allow_pause)


def hearing_of(settings: Settings, policy: Policy) -> Hearing:
    """How actions are carried out, and who hears of those that are not."""
    return Hearing(ActionPolicy(ways_of(settings), merchants_of(settings), policy.message_domain), policy)


def merchants_of(settings: Settings) -> tuple[str, ...]:
    """Who does by hand what no program does: whoever hears of trouble, else whoever sends mails."""
    sender = settings.mail.from_
    return settings.alert_addresses or ((sender.address,) if sender is not None else ())


def _reach(settings: Settings, name: str) -> Reach:
    source, endpoint = settings.sources.get(name), settings.endpoints.get(name)
    account = None
    if source is not None and source.api_key is not None:
        account = Account(source.api_key.get_secret_value(), source.api_url)
    told = None
    if endpoint is not None and endpoint.url is not None:
        told = Endpoint(endpoint.url, _secrets(name, endpoint))
    return Reach(ACTINGS.get(source.kind) if source is not None else None, account, told)


def _secrets(name: str, endpoint: EndpointTable) -> tuple[str, ...]:
    secrets = tuple(each.get_secret_value() for each in endpoint.secrets)
    wrong = next((said for each in secrets if (said := wrong_secret(each))), None)
    if wrong is not None:
        raise SettingsError([f"endpoints.{name}.secrets: one of them {wrong}; make one: openssl rand -base64 32"])
    return secrets
