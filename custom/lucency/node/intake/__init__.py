"""How objects enter the node: DICOM associations, and the intake that all ways lead to."""

from .intake import Intake, NodeFullError
from .patience import Patience
from .store_scp import StoreScp
from .tls import client_context, server_context

__all__ = ["Intake", "NodeFullError", "Patience", "StoreScp", "client_context", "server_context"]
