"""Headers and images as the input guard meets them."""

import io
import tarfile
import zipfile

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.sequence import Sequence

from lucency.transforms.quiet import quiet_pydicom


def header(**elements):
    """A frontal chest radiograph's header with some elements changed; ``None`` deletes one."""
    dataset = Dataset()
    for keyword, value in {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
        "Modality": "DX",
        "PresentationIntentType": "FOR PRESENTATION",
        "PhotometricInterpretation": "MONOCHROME2",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientAge": "062Y",
        "BurnedInAnnotation": "NO",
        **elements,
    }.items():
        if value is not None:
            with quiet_pydicom():  # devices write what no standard allows
                setattr(dataset, keyword, value)
    return dataset


def code(value, scheme="SCT"):
    """A code sequence of one item."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "meaning"
    return Sequence([item])


def letterboxed(image, size):
    """Stretch to [0, 1], resize the longest side by averaging, pad with black to a square, as the bundles do."""
    low, high = image.min(), image.max()
    grey = Image.fromarray(((image - low) / (high - low)).astype(np.float32))
    scale = size / max(image.shape)
    height, width = (max(1, round(side * scale)) for side in image.shape)
    square = np.zeros((size, size), np.float32)
    top, left = (size - height) // 2, (size - width) // 2
    square[top : top + height, left : left + width] = np.asarray(grey.resize((width, height), Image.Resampling.BOX))
    return square


def members(path, wanted=lambda name: True):
    """Images (H, W) in [0, 1] of a tar or zip archive, by name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in sorted(archive.namelist()) if not name.endswith("/") and wanted(name)]
            contents = {name: archive.read(name) for name in names}
    else:
        with tarfile.open(path) as archive:
            files = [entry for entry in archive.getmembers() if entry.isfile() and wanted(entry.name)]
            contents = {entry.name: archive.extractfile(entry).read() for entry in files}
    images = {name: Image.open(io.BytesIO(content)).convert("L") for name, content in sorted(contents.items())}
    return {name: np.asarray(image, np.float32) / 255 for name, image in images.items()}
