"""FHIR documents of results, left in a folder for whoever takes them from there."""

import json
import re
from pathlib import Path

from ...errors import LucencyError
from ...files import write_atomically

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")  # of FHIR R4


def document_id(file: Path) -> str:
    """Read the id of a FHIR document.

    Raises:
        LucencyError: it has none.
        OSError: the file cannot be read.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "fhir.json"
        >>> _ = file.write_text('{"resourceType": "Bundle", "id": "7f0c"}')
        >>> document_id(file)
        '7f0c'
    """
    try:
        name = json.loads(file.read_bytes())["id"]
    except (ValueError, LookupError, TypeError):
        name = None
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise LucencyError(f"{file.name}: is no FHIR document with an id; retry makes it anew")
    return name


def publish_document(file: Path, folder: Path, name: str) -> None:
    """Copy a document into a folder as ``<name>.json``, whole or not at all; a copy that is there is left alone.

    Args:
        file: the document.
        folder: made if it is not there.
        name: its id, which follows from image and model: a repetition is the same file.

    Raises:
        LucencyError: the folder cannot be written.
    """
    content, target = file.read_bytes(), folder / f"{name}.json"
    if not target.is_file() or target.read_bytes() != content:
        write_atomically(target, content)
