"""How long peers are waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long peers are waited for, in seconds.

    Attributes:
        negotiation: from the connection to the association's request, and for the TLS handshake.
        pdu: from the first byte of a PDU to its last, 128 KB; and for a peer that does not read.
        idle: between two messages of an association.
        grace: for objects that are on their way when the node stops.
    """

    negotiation: float = 5
    pdu: float = 30
    idle: float = 60
    grace: float = 3
