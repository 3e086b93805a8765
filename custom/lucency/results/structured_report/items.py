"""Content items of a report (PS3.3 C.17.3) as bytes in Explicit VR Little Endian.

A report of 14 findings has some 200 items, and making and encoding a data set for each takes longer than the network.
Codes and whatever else needs knowledge come from highdicom, once.
"""

import struct
from collections.abc import Iterable
from functools import lru_cache

from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.valuerep import DS

from ...labels.finding import Code

_LONG = ("SQ", "UT")  # whose length takes four bytes (PS3.5 7.1.2)
_CODES = 4096  # kept encoded; a bundle has dozens


def content_sequence(items: Iterable[bytes]) -> bytes:
    """The value of a Content Sequence."""
    return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)


def text(name: Code, value: str, relationship: str) -> bytes:
    """A TEXT item."""
    return _item("TEXT", relationship, name, _element(0x0040A160, "UT", value.encode()))


def code(name: Code, value: Code, relationship: str) -> bytes:
    """A CODE item."""
    return _item("CODE", relationship, name, _coded(0x0040A168, value))


def number(name: Code, value: float, unit: Code, relationship: str, children: Iterable[bytes] = ()) -> bytes:
    """A NUM item: a double and the Decimal String of it."""
    measured = (
        _coded(0x004008EA, unit),
        _element(0x0040A161, "FD", struct.pack("<d", value)),
        _element(0x0040A30A, "DS", str(DS(value, auto_format=True)).encode()),
    )
    return _item("NUM", relationship, name, _sequence(0x0040A300, [b"".join(measured)]), children)


def identifier(name: Code, value: str, relationship: str) -> bytes:
    """A UIDREF item."""
    return _item("UIDREF", relationship, name, _element(0x0040A124, "UI", value.encode()))


def image(name: Code, sop_class_uid: str, sop_instance_uid: str, relationship: str) -> bytes:
    """An IMAGE item."""
    sop_class, instance = sop_class_uid.encode(), sop_instance_uid.encode()
    reference = _element(0x00081150, "UI", sop_class) + _element(0x00081155, "UI", instance)
    return _sequence(0x00081199, [reference]) + _item("IMAGE", relationship, name)


def container(name: Code, children: Iterable[bytes], template: str = "") -> bytes:
    """A CONTAINER item within another; with the number of the template (PS3.16) that it follows, if told."""
    value = _element(0x0040A050, "CS", b"CONTINUOUS")
    if template:
        resource = _element(0x00080105, "CS", b"DCMR") + _element(0x0040DB00, "CS", template.encode())
        value += _sequence(0x0040A504, [resource])
    return _item("CONTAINER", "CONTAINS", name, value, children)


def concept(entry: Code) -> CodedConcept:
    """The code as highdicom takes it, which knows the element that a long value needs."""
    return CodedConcept(value=entry.value, meaning=entry.meaning, scheme_designator=entry.scheme)


def encoded(dataset: Dataset) -> bytes:
    """A data set as bytes, text in UTF-8."""
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset, "ISO_IR 192")
    return bytes(buffer.getvalue())


def _item(kind: str, relationship: str, name: Code, value: bytes = b"", children: Iterable[bytes] = ()) -> bytes:
    head = _element(0x0040A010, "CS", relationship.encode()) + _element(0x0040A040, "CS", kind.encode())
    below = content_sequence(children)
    return head + _coded(0x0040A043, name) + value + (_element(0x0040A730, "SQ", below) if below else b"")


@lru_cache(_CODES)
def _coded(tag: int, entry: Code) -> bytes:
    return _sequence(tag, [encoded(concept(entry))])


def _sequence(tag: int, items: Iterable[bytes]) -> bytes:
    return _element(tag, "SQ", content_sequence(items))


def _element(tag: int, representation: str, value: bytes) -> bytes:
    value += (b"\0" if representation == "UI" else b" ") * (len(value) % 2)
    layout = "<HH2s2xI" if representation in _LONG else "<HH2sH"
    return struct.pack(layout, tag >> 16, tag & 0xFFFF, representation.encode(), len(value)) + value
