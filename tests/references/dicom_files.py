"""Small synthetic DICOM files in every transfer syntax that can be written here."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, uid
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

NATIVE = (
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
LOSSLESS = (uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.JPEGLossless, uid.JPEGLosslessSV1)
LOSSY = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.JPEG2000, uid.JPEGLSNearLossless)


def dataset_of(pixels: NDArray[np.integer], bits: int | None = None, **elements: Any) -> Dataset:
    """Make a digital radiograph of stored values (rows, columns), native little endian; add `elements` as they are."""
    cell = 8 * pixels.itemsize
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = uid.DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated = cell
    dataset.BitsStored = bits or cell
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    content = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
    dataset.PixelData = content + b"\0" * (len(content) % 2)
    dataset["PixelData"].VR = "OW" if cell > 8 else "OB"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def wedge(bits: int = 12, shape: tuple[int, int] = (70, 66)) -> NDArray[np.unsignedinteger]:
    """Make stored values from 0 to the largest of `bits`, smooth enough for lossy codecs and with no symmetry."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    ramp = (rows * 3 + columns * 2) / (3 * shape[0] + 2 * shape[1] - 5)
    return np.rint(ramp * (2**bits - 1)).astype("u1" if bits <= 8 else "u2")


def table(first: int, bits: int, entries: Iterable[int]) -> Sequence:
    """Make a look-up table sequence of one item."""
    item, values = Dataset(), [int(entry) for entry in entries]
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(values), first, bits])
    item.add_new("LUTData", "US", values)
    return Sequence([item])


def save(dataset: Dataset, path: Path, syntax: UID = uid.ExplicitVRLittleEndian) -> Path:
    """Write a native little-endian data set in a transfer syntax."""
    if syntax == uid.ExplicitVRBigEndian:
        width = dataset.BitsAllocated // 8
        if width > 1:
            dataset.PixelData = np.frombuffer(dataset.PixelData, f"<u{width}").byteswap().tobytes()
            dataset["PixelData"].VR = "OW"
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax in NATIVE:
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax in (uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless):
        dataset.compress(syntax, generate_instance_uid=False)
    elif syntax == uid.JPEG2000:
        dataset.compress(syntax, generate_instance_uid=False, j2k_cr=[2])
    elif syntax == uid.JPEGLSNearLossless:
        dataset.compress(syntax, generate_instance_uid=False, jls_error=2)
    else:
        return _save_with_gdcm(dataset, path, syntax)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _save_with_gdcm(dataset: Dataset, path: Path, syntax: UID) -> Path:
    import gdcm

    dataset.save_as(path, enforce_file_format=True)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str.__str__(syntax))))
    change.SetInput(reader.GetImage())
    assert change.Change(), f"GDCM cannot write {syntax.name}"
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    assert dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax
    return path
