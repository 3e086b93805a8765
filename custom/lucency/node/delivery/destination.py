"""How the PACS is spoken to."""

from ..settings import NodeSettings
from .answer import Destination
from .c_store import StoreScu
from .stow_rs import StowClient


def destination_of(settings: NodeSettings) -> Destination:
    """Choose how the PACS is spoken to.

    Raises:
        ConfigError: its address and the TLS settings do not go together, or the TLS files cannot be used.
    """
    return StowClient(settings) if (peer := settings.pacs_peer) is None else StoreScu(settings, peer)
