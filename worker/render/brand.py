"""The merchant as mails and pages show it: name, logo, colours, and where to ask for help."""

from dataclasses import dataclass

from worker.mail.message import InlineImage
from worker.render.colours import Colours, colours

ACCENT, BACKGROUND = "#1f5f4a", "#faf9f6"
"""What a merchant who chose no colours gets."""


@dataclass(frozen=True, slots=True)
class Brand:
    """`accent` and `background` are `#rrggbb`; empty stands for ours."""

    name: str
    logo: InlineImage | None = None
    accent: str = ACCENT
    background: str = BACKGROUND
    support_email: str | None = None
    support_url: str | None = None

    @property
    def colours(self) -> Colours:
        """Both schemes, light and dark."""
        return colours(self.accent or ACCENT, self.background or BACKGROUND)
