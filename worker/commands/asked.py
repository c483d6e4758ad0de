"""What became of asking a provider for an address, in words for the terminal."""

from worker.core.inquiry import Inquiry, Standing
from worker.render import names


def asked_words(inquiry: Inquiry | None) -> str:
    """As the rest of a sentence about a receipt that waits for an address."""
    if inquiry is None:
        return "the provider's event about the customer brings it"
    provider = names.provider(inquiry.source)
    match inquiry.standing:
        case Standing.ASKING:
            return f"asking {provider}{f', {inquiry.reason}' if inquiry.reason else ''}"
        case Standing.NO_ADDRESS:
            return f"asked {provider}, which has none"
        case Standing.LOST:
            return f"asked {provider}, which doesn't know the customer ({inquiry.reason})"
        case Standing.DENIED:
            return f"{provider} refuses the key in sources.{inquiry.source}.api_key ({inquiry.reason})"
        case Standing.FAILED:
            return f"asked {provider}, whose answer is not understood ({inquiry.reason})"
