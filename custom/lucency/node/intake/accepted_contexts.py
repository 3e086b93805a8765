"""Presentation contexts that the node accepts."""

from pynetdicom._globals import ALL_TRANSFER_SYNTAXES
from pynetdicom.presentation import AllStoragePresentationContexts, PresentationContext, build_context
from pynetdicom.sop_class import Verification

EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_ELSEWHERE = tuple(f"1.2.840.10008.1.2.4.{number}" for number in (94, 95, 204, 205))  # JPIP: pixels by another way


def accepted_contexts() -> list[PresentationContext]:
    """Every storage SOP class, in every transfer syntax that carries the pixels along, and verification."""
    syntaxes = [uid for uid in ALL_TRANSFER_SYNTAXES if uid not in _ELSEWHERE and uid != EXPLICIT_VR_LITTLE_ENDIAN]
    syntaxes.insert(0, EXPLICIT_VR_LITTLE_ENDIAN)  # of several that a peer offers for a context, the first is chosen
    storage = [build_context(context.abstract_syntax, syntaxes) for context in AllStoragePresentationContexts]
    return [build_context(Verification), *storage]
