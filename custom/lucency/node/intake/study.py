"""Which study a file belongs to."""

from pathlib import Path

from pydicom.filereader import read_partial
from pydicom.uid import DeflatedExplicitVRLittleEndian

from .part10 import Identity, Part10Error

_STUDY = 0x0020000D


def study_of(path: Path, identity: Identity) -> str:
    """Read the Study Instance UID, and what stands before it, but no further.

    Raises:
        Part10Error: the data set cannot be read that far, has no such UID, or is deflated: nothing is inflated here.
    """
    if identity.transfer_syntax_uid == DeflatedExplicitVRLittleEndian:
        raise Part10Error("is deflated, so that its study is not known; send it to /studies")
    try:
        with path.open("rb") as file:
            data = read_partial(file, lambda tag, *_: tag > _STUDY, specific_tags=[_STUDY])
        return str(data.StudyInstanceUID)
    except Exception as error:  # pydicom raises whatever its parsers run into
        raise Part10Error(f"its Study Instance UID cannot be read ({type(error).__name__}); add it") from None
