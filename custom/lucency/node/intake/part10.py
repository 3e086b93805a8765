"""What a DICOM file says about itself before its data set begins."""

import re
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from pydicom.errors import InvalidDicomError
from pydicom.filereader import _read_file_meta_info, read_preamble

from ...errors import LucencyError

_META_BYTES = 65_536  # a usual one has 300
_UID = re.compile(r"[0-9.]{1,64}")


class Part10Error(LucencyError):
    """A file that does not say what object it holds; the text quotes nothing of it."""


class Identity(NamedTuple):
    """What object a file holds, and how it is encoded."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def read_identity(path: str | Path) -> Identity:
    """Read the File Meta Information (PS3.10 7.1) and nothing of the data set: no bomb is inflated, no pixel read.

    Raises:
        Part10Error: it has none, or lacks one of the three UIDs.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "file"
        >>> _ = path.write_bytes(b"no DICOM")
        >>> read_identity(path)
        Traceback (most recent call last):
        ...
        lucency.node.intake.part10.Part10Error: is no DICOM file (PS3.10); send one that begins with its file meta ...
    """
    with open(path, "rb") as file:
        head = BytesIO(file.read(_META_BYTES))
    try:
        read_preamble(head, force=False)
        meta = _read_file_meta_info(head)
        uids = (meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID)
    except InvalidDicomError:
        raise Part10Error("is no DICOM file (PS3.10); send one that begins with its file meta information") from None
    except Exception as error:  # pydicom raises whatever its parsers run into
        raise Part10Error(f"its file meta information cannot be read ({type(error).__name__}); write it anew") from None
    if not all(isinstance(uid, str) and _UID.fullmatch(uid) for uid in uids):
        raise Part10Error("its file meta information holds what is no UID; write it anew")
    return Identity(*map(str, uids))
