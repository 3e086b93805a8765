"""The grayscale transformations of DICOM: from stored values to grey levels between black (0) and white (1)."""

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from .elements import first_number, first_value, refusal
from .header import ImageHeader
from .lookup_table import read_lookup_table

Values = NDArray[np.float64]


def grey_levels(dataset: Dataset, header: ImageHeader, stored: Values) -> Values:
    """Display stored values: padding out, Modality LUT, VOI LUT or window, inversion (PS3.4 N.2).

    Args:
        dataset: the image.
        header: its checked header.
        stored: the stored values that occur in the image, each at least once, 1-D.

    Returns:
        Grey levels in [0, 1], float64, same shape; padding is 0, which is black.

    Raises:
        RadiographError: a transformation is invalid, or leaves the image without any contrast.
    """
    valid = ~_is_padding(dataset, header, stored)
    if not valid.any():
        raise refusal(dataset, "PixelPaddingValue", "every pixel is padding")
    values = _modality(dataset, header, stored[valid])
    signed = bool(_modality(dataset, header, header.limits).min() < 0)
    shown = _voi(dataset, values, signed)
    shown = 1 - shown if header.inverted else shown
    if np.ptp(shown.astype(np.float32)) == 0:
        raise refusal(dataset, "PixelData", "constant image: every pixel is displayed alike")
    levels = np.zeros_like(stored)
    levels[valid] = shown
    return levels


def black_and_white(dataset: Dataset, header: ImageHeader, lowest: float, highest: float) -> tuple[float, float] | None:
    """Say between which stored values the display runs in a straight line.

    Args:
        dataset: the image.
        header: its checked header.
        lowest: stored value that occurs in the image.
        highest: likewise.

    Returns:
        The value that is shown black and the one that is shown white, either of which may be the larger, and need not
        occur: beyond them everything is black, or white. ``None`` where the display is no such line: there is pixel
        padding, a look-up table, a sigmoid, or a single step.

    Raises:
        RadiographError: a transformation is invalid, or leaves the image without any contrast.
    """
    bent = ("PixelPaddingValue", "ModalityLUTSequence", "VOILUTSequence")
    if any(first_value(dataset, keyword) is not None for keyword in bent):
        return None
    ends = np.array([lowest, highest])
    grey_levels(dataset, header, ends)  # raises whatever is wrong
    slope, intercept = first_number(dataset, "RescaleSlope"), first_number(dataset, "RescaleIntercept")
    black, white = sorted(_modality(dataset, header, ends).tolist())
    if (given := _given_window(dataset)) is not None:
        center, width, function = given
        if function == "LINEAR":
            center, width = center - 0.5, width - 1
        if function == "SIGMOID" or width == 0:
            return None
        black, white = center - width / 2, center + width / 2
    black, white = ((value - (intercept or 0.0)) / (1.0 if slope is None else slope) for value in (black, white))
    return (white, black) if header.inverted else (black, white)


def _is_padding(dataset: Dataset, header: ImageHeader, stored: Values) -> NDArray[np.bool_]:
    """Tell which stored values lie outside the image (PS3.3 C.7.5.1.1.2)."""
    value = first_number(dataset, "PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, dtype=bool)
    limit = first_number(dataset, "PixelPaddingRangeLimit")
    ends = np.array([value, value if limit is None else limit])
    # The sign of these two is ambiguous in a file and often lost: bring them into the range of the cells
    span = 2.0**header.bits_allocated
    ends = np.where(ends > header.limits[1], ends - span, ends) if header.signed else ends % span
    return np.logical_and(ends.min() <= stored, stored <= ends.max())  # type: ignore[no-any-return]


def _modality(dataset: Dataset, header: ImageHeader, stored: Values) -> Values:
    """Apply the Modality LUT: a table, or slope and intercept (PS3.3 C.11.1)."""
    if (table := read_lookup_table(dataset, "ModalityLUTSequence", header.signed)) is not None:
        return table(stored)
    slope, intercept = first_number(dataset, "RescaleSlope"), first_number(dataset, "RescaleIntercept")
    with np.errstate(over="ignore"):
        values = stored * (1.0 if slope is None else slope) + (intercept or 0.0)
    if not np.isfinite(values).all():
        raise refusal(dataset, "RescaleSlope", f"{slope} takes the pixel values out of the range of numbers")
    return values


def _voi(dataset: Dataset, values: Values, signed: bool) -> Values:
    """Apply the first VOI LUT, else the first window, else the full range (PS3.3 C.11.2)."""
    if (table := read_lookup_table(dataset, "VOILUTSequence", signed)) is not None:
        return np.minimum(table(values) / (2**table.bits - 1), 1)  # type: ignore[no-any-return]
    if (given := _given_window(dataset)) is None:
        return (values - values.min()) / (np.ptp(values) or 1)  # type: ignore[no-any-return]
    return window(values, *given)


def _given_window(dataset: Dataset) -> tuple[float, float, str] | None:
    """Read centre, width and function of the first window."""
    center, width = first_number(dataset, "WindowCenter"), first_number(dataset, "WindowWidth")
    if center is None or width is None:
        return None
    function = str(first_value(dataset, "VOILUTFunction") or "LINEAR").strip().upper()
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        raise refusal(dataset, "VOILUTFunction", f"{function:.40} is none of LINEAR, LINEAR_EXACT and SIGMOID")
    if width <= 0 or (width < 1 and function == "LINEAR"):
        raise refusal(dataset, "WindowWidth", f"{width:g} is too narrow for a {function} window")
    return center, width, function


def window(values: Values, center: float, width: float, function: str = "LINEAR") -> Values:
    """Show the values inside a window from black to white (PS3.3 C.11.2.1.2 and C.11.2.1.3).

    With c, w the centre and width: ``LINEAR`` is (x - (c - 0.5)) / (w - 1) + 0.5 and ``LINEAR_EXACT`` is
    (x - c) / w + 0.5, both clipped to [0, 1]; ``SIGMOID`` is 1 / (1 + exp(-4 (x - c) / w)).

    Args:
        values: output of the Modality LUT, float64, any shape.
        center: window centre.
        width: window width; at least 1 for ``LINEAR``, positive for the others.
        function: ``LINEAR``, ``LINEAR_EXACT`` or ``SIGMOID``.

    Returns:
        Grey levels in [0, 1], same shape.

    Example:
        >>> window(np.array([0.0, 2.0, 4.0]), center=2.5, width=5).tolist()
        [0.0, 0.5, 1.0]
    """
    if function == "SIGMOID":
        return 0.5 + 0.5 * np.tanh(2 * (values - center) / width)  # the same, written so that nothing overflows
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width == 0:
        return (values > center).astype(np.float64)
    return np.clip((values - center) / width + 0.5, 0, 1)
