"""The XML reports of Open-I, read without trusting them."""

import logging
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ...errors import TableError
from ...files import first_few
from ..table_files import existing_file

_LARGEST_REPORT = 2**20  # bytes; those of the archive have less than 10,000
_LARGEST_ARCHIVE = 2**30  # bytes unpacked
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """What one report tells.

    Attributes:
        id: of the report, such as "CXR1".
        headings: contents of `MeSH/major`.
        images: ids of its `parentImage` elements.
    """

    id: str
    headings: tuple[str, ...]
    images: tuple[str, ...]


def read_reports(path: str | Path) -> list[Report]:
    """Reports of Open-I in the order of their names.

    Nothing is unpacked to disk, and a report that declares a document type (and with it entities that could grow
    without bound) is not read.

    Args:
        path: NLMCXR_reports.tgz, also as .tar, or a folder with the .xml files in any sub-folders.

    Returns:
        Every report that can be read; those that cannot are named in a warning.

    Raises:
        TableError: neither a tar nor a folder, a tar that breaks off or is absurdly large, no report, or none that can
            be read.
    """
    path = Path(path)
    reports, damaged = {}, {}
    for name, content in _contents(path):
        try:
            reports[name] = _parse(content)
        except (ElementTree.ParseError, ValueError, LookupError) as error:  # the last: an encoding nobody knows
            damaged[name] = f"{name} ({error})"
    if not reports and not damaged:
        raise TableError(f"{path}: holds no .xml report; give NLMCXR_reports.tgz or the folder it was unpacked to")
    if damaged:
        report = f"{path}: {len(damaged)} of {len(reports) + len(damaged)} reports cannot be read: "
        report += first_few([damaged[name] for name in sorted(damaged)])
        if not reports:
            raise TableError(f"{report}; give the reports of Open-I's Indiana University collection")
        _log.warning("%s; left out", report)
    return [reports[name] for name in sorted(reports)]


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each .xml file; b"" for one that is too large."""
    if path.is_dir():
        for file in sorted(path.rglob("*.xml")):
            fits = file.stat().st_size <= _LARGEST_REPORT
            yield file.relative_to(path).as_posix(), file.read_bytes() if fits else b""
        return
    try:
        with tarfile.open(existing_file(path)) as archive:
            size = 0
            for member in archive:
                size += member.size
                if size > _LARGEST_ARCHIVE:  # even what is skipped would have to be unpacked
                    raise TableError(f"{path}: unpacks to far more than Open-I's reports; download it anew")
                if member.isfile() and member.name.endswith(".xml"):
                    content = archive.extractfile(member)
                    yield member.name, content.read() if content and member.size <= _LARGEST_REPORT else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        reason = str(error).partition("\n")[0].rstrip(":")  # the rest says so of every compression
        raise TableError(
            f"{path}: is no readable tar of reports ({reason}); give the whole NLMCXR_reports.tgz or the folder it was "
            "unpacked to"
        ) from error


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Refuses document types before the parser sees an entity in them."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError(f"declares document type {name[:20]!r}, which Open-I's reports do not")


def _parse(content: bytes) -> Report:
    if not content:
        raise ValueError(f"is empty or has more than {_LARGEST_REPORT} bytes")
    root = ElementTree.XML(content, ElementTree.XMLParser(target=_WithoutDoctype()))  # noqa: S314  # see above
    element = root.find("uId")
    name = "" if element is None else element.get("id", "")
    if not name:
        raise ValueError("has no uId")
    images = tuple(image.get("id", "") for image in root.iterfind("parentImage"))
    if not all(images):
        raise ValueError("has a parentImage without id")
    return Report(name, tuple(heading.text or "" for heading in root.iterfind("MeSH/major")), images)
