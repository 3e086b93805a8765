"""The display pipeline of DICOM, one stored value at a time, in Python floats, straight from the standard."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset


def reference_display(dataset: Dataset) -> NDArray[np.float64]:
    """Grey levels (rows, columns) of a data set as stored, before it is turned upright.

    Decodes with pydicom's default decoders, whichever they are.
    """
    pixels = dataset.pixel_array
    stored, index = np.unique(pixels, return_inverse=True)
    padding = {value for value in stored.tolist() if is_padding(dataset, value)}
    outputs = {value: modality(dataset, value) for value in stored.tolist() if value not in padding}
    low, high = min(outputs.values()), max(outputs.values())
    levels = {value: voi(dataset, output, low, high) for value, output in outputs.items()}
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        levels = {value: 1 - level for value, level in levels.items()}
    levels |= dict.fromkeys(padding, 0.0)
    return np.array([levels[value] for value in stored.tolist()])[index].reshape(pixels.shape)


def is_padding(dataset: Dataset, value: int) -> bool:
    """PS3.3 C.7.5.1.1.2: from PixelPaddingValue to PixelPaddingRangeLimit, ends included, in either order."""
    start = dataset.get("PixelPaddingValue")
    if start is None:
        return False
    end = dataset.get("PixelPaddingRangeLimit", start)
    return min(start, end) <= value <= max(start, end)


def modality(dataset: Dataset, value: int) -> float:
    """PS3.3 C.11.1: table, or slope and intercept, or nothing."""
    if dataset.get("ModalityLUTSequence") and dataset.ModalityLUTSequence[0].get("LUTData"):
        return float(look_up(dataset.ModalityLUTSequence[0], value))
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    return value * (1.0 if slope is None else float(slope)) + (0.0 if intercept is None else float(intercept))


def voi(dataset: Dataset, x: float, low: float, high: float) -> float:
    """PS3.3 C.11.2: first table, first window, or the range of the pixels; output 0 to 1."""
    if dataset.get("VOILUTSequence") and dataset.VOILUTSequence[0].get("LUTData"):
        item = dataset.VOILUTSequence[0]
        return look_up(item, round(x)) / (2 ** item.LUTDescriptor[2] - 1)
    if dataset.get("WindowCenter") is None:
        return (x - low) / (high - low)
    c, w = first(dataset.WindowCenter), first(dataset.WindowWidth)
    function = dataset.get("VOILUTFunction", "LINEAR")
    if function == "SIGMOID":
        exponent = -4 * (x - c) / w
        return 0.0 if exponent > 700 else 1 / (1 + math.exp(exponent))
    if function == "LINEAR_EXACT":
        if x <= c - w / 2:
            return 0.0
        return 1.0 if x > c + w / 2 else (x - c) / w + 0.5
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    return 1.0 if x > c - 0.5 + (w - 1) / 2 else (x - (c - 0.5)) / (w - 1) + 0.5


def look_up(item: Dataset, value: int) -> int:
    """Take the entry of a table item for an input value; inputs outside get the first or last entry."""
    count, start, _ = item.LUTDescriptor
    index = min(max(value - start, 0), (count or 65536) - 1)
    return item.LUTData[index]


def first(value: float | Sequence[float]) -> float:
    """Take the first of several windows."""
    return float(value if isinstance(value, int | float | str) else value[0])
