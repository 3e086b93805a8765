"""What lies in a folder: every file gets a record, and so later a row with a status."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pydicom
from pydicom import Dataset
from pydicom.uid import UID

from ..errors import LucencyError
from ..results.schema import IDENTIFIERS
from ..transforms.quiet import quiet_pydicom

RASTER_SUFFIXES = (".png", ".jpg", ".jpeg", ".nii", ".nii.gz")


class Journal(Protocol):
    """What `list_radiographs` asks of a journal of finished files."""

    def resume(self, states: Mapping[str, str]) -> None:
        """Keep what was finished of these files in these states; forget other files, and files that have changed."""

    def is_done(self, file: str) -> bool:
        """Tell whether the file has its row already."""


def list_radiographs(
    folder: str | Path, journal: Journal | None = None, exclude: str | Path | None = None
) -> list[dict[str, str]]:
    """List every file under `folder` (or the one file it names); none is opened yet.

    Args:
        folder: folder to walk, or one file.
        journal: leaves out the files that an interrupted run has finished, unless they were replaced since; if it has
            finished all, the last file is kept, because an engine needs one.
        exclude: folder that is not listed: that of the results, whose pictures are no radiographs.

    Returns:
        One dictionary a file, sorted by path: ``image`` (path) and ``file`` (path relative to the folder).

    Raises:
        LucencyError: the path does not exist, holds no file, or is the excluded folder.
    """
    root = Path(folder)
    ours = Path(exclude).resolve() if exclude is not None else None
    if ours == root.resolve():
        raise LucencyError(f"{root}: results would be written among the radiographs; choose another output folder")
    if not root.exists():
        raise LucencyError(f"{root}: no such file or folder; give the path of a folder of DICOM or PNG files")
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file() and not _hidden(p, root))
    if ours and ours.is_relative_to(root.resolve()):
        paths = [path for path in paths if not path.resolve().is_relative_to(ours)]
    if not paths:
        raise LucencyError(f"{root}: holds no file; give a folder of DICOM or PNG files")
    base = root.parent if root.is_file() else root
    records = [{"image": str(path), "file": _printable(path.relative_to(base))} for path in paths]
    if journal is not None:
        journal.resume({record["file"]: _state(Path(record["image"])) for record in records})
    pending = [record for record in records if journal is None or not journal.is_done(record["file"])]
    return pending or records[-1:]


def describe(path: Path) -> tuple[dict[str, str], Dataset | None]:
    """Say what a file is by its header: identifiers, and whether it can hold a radiograph.

    DICOM is recognised by content (the ``DICM`` mark) or a ``.dcm`` suffix, other images by suffix. A file that cannot
    hold a radiograph is described too, so that nothing is lost silently.

    Returns:
        The columns of `IDENTIFIERS` (empty text where there are none), ``status`` and ``reason``; and the DICOM header
        without pixels, if the file has a readable one.
    """
    record = {"status": "ok", "reason": "", **dict.fromkeys(IDENTIFIERS, "")}
    if path.name.lower().endswith(RASTER_SUFFIXES):
        return record, None
    try:
        if not _is_dicom(path):
            return record | {"status": "skipped", "reason": "neither DICOM nor PNG, JPEG or NIfTI"}, None
        with quiet_pydicom():
            header = pydicom.dcmread(path, stop_before_pixels=True)
    except Exception:  # the reader will say what is wrong with the file
        return record, None
    with quiet_pydicom():
        record |= {column: _text(header, keyword) for column, keyword in IDENTIFIERS.items()}
        name = _storage_without_image(header)
    if "Rows" not in header and name:
        record |= {"status": "skipped", "reason": f"not an image: {name}"}
    return record, header


def _text(header: Dataset, keyword: str) -> str:
    """A value as text; nothing where it cannot be decoded, which must not keep the header from the guard."""
    try:
        return str(header.get(keyword, "") or "")
    except Exception:  # pydicom lets out whatever a broken value provokes
        return ""


def _printable(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()  # old archives have names in other encodings


def _state(path: Path) -> str:
    """Where the file is and when it was written: another file under the same name has another."""
    try:
        status = path.stat()
    except OSError:
        return ""
    text = f"{path.absolute()}\n{status.st_size}\n{status.st_mtime_ns}"
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _is_dicom(path: Path) -> bool:
    if path.suffix.lower() in (".dcm", ".dicom"):
        return True
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _storage_without_image(header: pydicom.Dataset) -> str:
    """Name of the SOP class when it is a known one that holds no image (SR, RT plan, ECG, DICOMDIR), else nothing."""
    uid = UID(_text(header, "SOPClassUID") or _text(header.file_meta, "MediaStorageSOPClassUID"))
    known = uid.name != str(uid)
    return uid.name if known and "Image Storage" not in uid.name else ""
