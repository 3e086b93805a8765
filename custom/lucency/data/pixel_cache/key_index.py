"""Finding rows by key."""

import numpy as np
from numpy.typing import NDArray

from .fingerprints import Keys


class KeyIndex:
    """Rows of a cache by their keys: half of each key sorted, the other half compared.

    Args:
        keys: (N, 2), the key of each row.

    Example:
        >>> index = KeyIndex(np.array([[7, 1], [3, 2], [7, 0]], np.uint64))
        >>> index.find(np.array([[7, 0], [3, 2], [3, 1]], np.uint64)).tolist()
        [2, 1, -1]
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._order = np.argsort(keys[:, 0], kind="stable")
        self._sorted = np.asarray(keys[:, 0])[self._order]

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """The row of each key, (n,), -1 where there is none."""
        rows = np.full(len(keys), -1, np.int64)
        asked = np.arange(len(keys))
        places = np.searchsorted(self._sorted, keys[:, 0])
        while len(asked):  # once; again only for keys that share half of their 128 bits
            near = places < len(self._sorted)
            asked, places = asked[near], places[near]
            same = self._sorted[places] == keys[asked, 0]
            asked, places = asked[same], places[same]
            candidates = self._order[places]
            whole = self._keys[candidates, 1] == keys[asked, 1]
            rows[asked[whole]] = candidates[whole]
            asked, places = asked[~whole], places[~whole] + 1
        return rows
