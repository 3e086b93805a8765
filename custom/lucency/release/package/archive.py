"""Zip files that are the same, byte by byte, whenever and wherever they are made of the same files."""

import shutil
import stat
import zipfile
from pathlib import Path

from ...files import atomic_file

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can hold
MODE = stat.S_IFREG | 0o644


def write_archive(folder: Path, path: Path) -> Path:
    """Write a folder and all that is in it as a zip file.

    Names are sorted, dates and modes fixed. Nothing is compressed, as the bytes of a compressed file depend on the
    library that made it, and weights hardly shrink.

    Args:
        folder: its name begins every name in the archive.
        path: of the zip file.

    Raises:
        LucencyError: it cannot be written.
    """
    with atomic_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for source in sorted(folder.rglob("*")):
            if source.is_file():
                entry = zipfile.ZipInfo(source.relative_to(folder.parent).as_posix(), DATE)
                entry.create_system, entry.external_attr = 3, MODE << 16  # 3 is Unix, whose modes these are
                entry.file_size = source.stat().st_size
                with source.open("rb") as content, archive.open(entry, "w") as target:
                    shutil.copyfileobj(content, target)
    return path
