"""What modalities send: frontal chest radiographs with planted headers, marked images, and objects that do harm."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread, uid
from pydicom.charset import encode_string
from pydicom.encaps import encapsulate
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from lucency.data.phantom import write_phantom
from lucency.transforms.quiet import quiet_pydicom
from references.dicom_files import dataset_of, save

MEGABYTE = 1_000_000


@dataclass
class Radiographs:
    """Makes objects in a folder, each of an identity of its own.

    Args:
        folder: where objects are written.
        phantoms: files of frontal chests that the guard accepts; the objects take them in turn.
    """

    folder: Path
    phantoms: list[Path]
    made: int = field(default=0, init=False)

    def frontal(self, name: str = "", syntax: UID = uid.ExplicitVRLittleEndian, **elements: Any) -> Path:
        """Write a frontal chest radiograph; an element that is ``None`` is left out."""
        dataset = dcmread(self.phantoms[self.made % len(self.phantoms)])
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            dataset.decompress(generate_instance_uid=False)
        dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
        return self._write(dataset, name, syntax, elements)

    def marked(self, mark: str, side: int = 128, **elements: Any) -> Path:
        """Write noise that may bear a mark of `odd_network`; only a node without image check takes it."""
        pixels = np.random.default_rng(self.made).integers(0, 2800, (side, side)).astype("u2")
        half = {"top": np.s_[: side // 2], "bottom": np.s_[side // 2 :], "left": np.s_[:, : side // 2]}
        pixels[half.get(mark, np.s_[:1, :1])] = 4095
        return self._write(self._like_phantom(pixels), mark, uid.ExplicitVRLittleEndian, elements)

    def _like_phantom(self, pixels: np.ndarray) -> Dataset:
        dataset = dataset_of(pixels, 12)
        for element in dcmread(self.phantoms[0], stop_before_pixels=True):
            if element.tag.group < 0x28:
                dataset.add(element)
        return dataset

    def _write(self, dataset: Dataset, name: str, syntax: UID, elements: dict[str, Any]) -> Path:
        self.made += 1
        for level in ("Study", "Series", "SOP"):
            setattr(
                dataset, f"{level}InstanceUID", uid.generate_uid(entropy_srcs=[str(self.folder), level, str(self.made)])
            )
        dataset.PatientID = f"H7-{self.made:06d}"
        with quiet_pydicom():
            for keyword, value in elements.items():
                if value is None:
                    dataset.pop(keyword, None)
                else:
                    setattr(dataset, keyword, value)
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
            dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
            self.folder.mkdir(parents=True, exist_ok=True)
            return save(dataset, self.folder / f"{self.made:04d}{name and '-'}{name}.dcm", syntax)


def phantoms(folder: Path, images: int = 6) -> list[Path]:
    """Draw frontal chests, small ones."""
    write_phantom(folder, images=images, size=128, workers=1, progress=False)
    return sorted((folder / "images").rglob("*.dcm"))


def identity(path: Path) -> str:
    """SOP Instance UID of an object as its file meta information has it."""
    return str(read_file_meta_info(path).MediaStorageSOPInstanceUID)


def study(path: Path) -> str:
    """Study Instance UID of an object."""
    return str(dcmread(path, stop_before_pixels=True).StudyInstanceUID)


def data_start(path: Path) -> int:
    """Where the data set begins, after the file meta information (PS3.10 7.1)."""
    with path.open("rb") as file:
        return 144 + int.from_bytes(file.read(144)[140:], "little")


def series(path: Path) -> str:
    """Series Instance UID of an object."""
    return str(dcmread(path, stop_before_pixels=True).SeriesInstanceUID)


def with_bytes(path: Path, keyword: str, content: bytes) -> Path:
    """Replace an element's value by bytes that no character set was asked about."""
    dataset = dcmread(path)
    placeholder = "@" * (len(content) + len(content) % 2)
    setattr(dataset, keyword, placeholder)
    dataset.save_as(path)
    raw = path.read_bytes()
    encoded = encode_string(placeholder, ["ascii"])
    assert raw.count(encoded) == 1
    path.write_bytes(raw.replace(encoded, content.ljust(len(encoded))))
    return path


def damaged(path: Path, chance: Random) -> Path:
    """Overwrite some bytes of the data set, and now and then cut its end off; the file meta information stays."""
    content = bytearray(path.read_bytes())
    start = data_start(path)
    reach = chance.choice((400, 2000, len(content) - start))
    for _ in range(chance.choice((1, 3, 10, 40))):
        content[start + chance.randrange(min(reach, len(content) - start))] = chance.choice(
            (0, 255, chance.randrange(256))
        )
    if chance.random() < 0.3:
        del content[start + chance.randrange(len(content) - start) :]
    path.write_bytes(content)
    return path


def huge(path: Path) -> Path:
    """Claim 65,535 rows and columns."""
    dataset = dcmread(path)
    dataset.Rows = dataset.Columns = 65535
    dataset.save_as(path)
    return path


def rle_bomb(path: Path, side: int = 30000) -> Path:
    """Make `side` x `side` pixels of one grey of 2/128 of their bytes."""
    runs = b"\x81\x00" * (side * side // 128 + 1)
    return _encoded(path, struct.pack("<16I", 1, 64, *[0] * 14) + runs, side, 8, uid.RLELossless)


def codestream_bomb(path: Path, side: int = 60000) -> Path:
    """Claim `side` x `side` pixels in the header of a JPEG 2000 codestream, too."""
    dataset = dcmread(path)
    dataset.compress(uid.JPEG2000Lossless, generate_instance_uid=False)
    content = bytearray(dataset.PixelData[dataset.PixelData.index(b"\xff\x4f\xff\x51") :])
    for place in (8, 12, 24, 28):  # Xsiz, Ysiz, XTsiz, YTsiz
        content[place : place + 4] = struct.pack(">I", side)
    return _encoded(path, bytes(content), side, dataset.BitsStored, uid.JPEG2000Lossless)


def _encoded(path: Path, content: bytes, side: int, bits: int, syntax: UID) -> Path:
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.Rows = dataset.Columns = side
    dataset.BitsStored, dataset.HighBit, dataset.BitsAllocated = bits, bits - 1, 8 if bits <= 8 else 16
    dataset.PixelData = encapsulate([content])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)
    return path


def deflate_bomb(path: Path) -> Path:
    """Make a deflated file whose pixels are 2000 MB of zeros, in about a thousandth of that."""
    dataset = dcmread(path)
    del dataset.PixelData
    dataset.Rows = dataset.Columns = int((2000 * MEGABYTE / 2) ** 0.5)
    length = dataset.Rows * dataset.Columns * 2
    dataset.save_as(path)
    pixels = b"\xe0\x7f\x10\x00OW\0\0" + struct.pack("<I", length) + b"\0" * (length % MEGABYTE)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = deflate.compress(path.read_bytes()[data_start(path) :] + pixels) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(b"\0" * MEGABYTE) + deflate.flush(zlib.Z_FULL_FLUSH)  # the same every time
    dataset.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    with path.open("wb") as file:
        file.write(b"\0" * 128 + b"DICM")
        write_file_meta_info(file, dataset.file_meta)
        file.write(start + block * (length // MEGABYTE) + deflate.flush())
    return path


def nested(path: Path, depth: int = 3000) -> Path:
    """Put a sequence into a sequence into a sequence ..."""
    content = path.read_bytes()
    start = data_start(path)
    opening = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * depth
    closing = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * depth
    path.write_bytes(content[:start] + opening + closing + content[start:])
    return path
