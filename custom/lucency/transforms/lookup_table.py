"""Look-up tables of the Modality LUT and VOI LUT sequences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from .elements import first_value, refusal


@dataclass(frozen=True)
class LookupTable:
    """One item of a Modality LUT Sequence or VOI LUT Sequence (PS3.3 C.11.1.1, C.11.2.1.1).

    Attributes:
        entries: output values, float64.
        first: input value that the first entry answers; inputs below get the first entry, inputs beyond the last.
        bits: nominal depth of the entries; the full output range is 0 to 2**bits - 1.

    Example:
        >>> LookupTable(np.array([10.0, 20.0, 30.0]), first=-1, bits=8)(np.array([-5.0, -1.0, 0.0, 7.0])).tolist()
        [10.0, 10.0, 20.0, 30.0]
    """

    entries: NDArray[np.float64]
    first: int
    bits: int

    def __call__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map values, rounded to whole numbers, through the table; any shape."""
        index = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1).astype(np.int64)
        output: NDArray[np.float64] = self.entries[index]
        return output


def read_lookup_table(dataset: Dataset, keyword: str, signed_input: bool) -> LookupTable | None:
    """Read the first table of a look-up table sequence.

    Tables of 8 bits may be packed two in a word or stored one in a word, and the first mapped value may be written with
    the wrong sign where the value representation was ambiguous; both occur and both are unambiguous.

    Args:
        dataset: the image.
        keyword: ``ModalityLUTSequence`` or ``VOILUTSequence``.
        signed_input: whether values that enter the table can be negative.

    Returns:
        The table, or ``None`` where there is no sequence or its item is a hull without descriptor and data.

    Raises:
        RadiographError: the descriptor is no triplet, or the data are shorter than it says.
    """
    item = first_value(dataset, keyword)
    if item is None:
        return None
    try:
        descriptor, data = item.get("LUTDescriptor"), item.get("LUTData")
    except Exception as error:
        raise refusal(dataset, keyword, "cannot be parsed") from error
    if not descriptor and not data:
        return None
    try:
        count, first, bits = (int(value) for value in descriptor)
    except Exception as error:
        raise refusal(dataset, "LUTDescriptor", "is missing or not three whole numbers") from error
    count = count % 2**16 or 2**16
    if first >= 2**15 and signed_input:
        first -= 2**16
    if not 1 <= bits <= 16:
        raise refusal(dataset, "LUTDescriptor", f"{bits} bits an entry are not supported; 1 to 16 are")
    entries = _entries(dataset, data, count)
    if len(entries) < count:
        raise refusal(dataset, "LUTData", f"holds {len(entries)} of {count} entries")
    return LookupTable(entries[:count].astype(np.float64), first, bits)


def _entries(dataset: Dataset, data: Any, count: int) -> NDArray[np.uint16] | NDArray[np.uint8]:
    try:
        order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
        if isinstance(data, bytes):
            words = np.frombuffer(data[: len(data) // 2 * 2], dtype=f"{order}u2")
        else:
            words = np.array(data if isinstance(data, Sequence) else [data], dtype=np.int64).astype(f"{order}u2")
    except Exception as error:
        raise refusal(dataset, "LUTData", "is missing or cannot be parsed") from error
    return words if len(words) >= count else np.frombuffer(words.tobytes(), dtype=np.uint8)
