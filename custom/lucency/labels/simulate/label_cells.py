"""Label states as codes, and one random number a cell."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import LabelError
from ..policies import check_columns, image_keys, uniform
from ..states import NEGATIVE, POSITIVE, LabelState, encode_states
from ..vocabulary import vocabulary

_TEXTS = np.array([state.value for state in LabelState], dtype=object)


class LabelCells:
    """Codes of B images and L findings, and the draws of one kind of simulation.

    A draw depends on (seed, kind, finding, key of the image) and on nothing else: other rows, other findings and the
    order of either change none. Kinds draw independently of each other.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        kind: name of the simulation.
        seed: of the draws.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index.

    Raises:
        LabelError: no finding column, one that is missing or there twice; a cell is no label state; keys and rows
            differ in number.

    Attributes:
        findings: ids of the L columns.
        codes: int8 (B, L), positions in `LabelState`.

    Example:
        >>> cells = LabelCells(pd.DataFrame({"edema": ["positive"], "comment": ["-"]}), "symmetric", 0)
        >>> cells.findings, cells.codes.tolist()
        (['edema'], [[0]])
    """

    def __init__(
        self,
        states: pd.DataFrame,
        kind: str,
        seed: int,
        findings: Sequence[str] | None = None,
        keys: Iterable[object] | None = None,
    ) -> None:
        if findings is None:
            known = set(vocabulary().ids)
            findings = list(dict.fromkeys(str(column) for column in states.columns if column in known))
        if not findings:
            raise LabelError("label states: no column is a finding id; name the columns to work on as findings")
        check_columns(states, findings)
        self.findings = list(findings)
        self.codes = encode_states(states[self.findings])
        self._states, self._kind, self._seed, self._keys = states, kind, seed, image_keys(states, keys)

    def draws(self, cells: NDArray[np.bool_]) -> NDArray[np.float64]:
        """A number of [0, 1) for each true cell, 1 elsewhere, so that `draws < rate` is never true there.

        Args:
            cells: bool (B, L).

        Returns:
            float64 (B, L).
        """
        draws = np.ones(self.codes.shape)
        for column, finding in enumerate(self.findings):
            rows = np.flatnonzero(cells[:, column])
            stream = f"{self._kind} {finding}"
            draws[rows, column] = [uniform(self._seed, stream, self._keys[row]) for row in rows]
        return draws

    def happens(self, positive: NDArray[np.float64], negative: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where an event of the given probabilities happens to positive and to negative cells.

        Args:
            positive: probabilities, (L,) or (B, L).
            negative: likewise.

        Returns:
            bool (B, L), false in cells of any other state.
        """
        rates = np.where(self.codes == POSITIVE, positive, np.where(self.codes == NEGATIVE, negative, 0.0))
        return np.asarray(self.draws(rates > 0) < rates)

    def flipped(self, positive: NDArray[np.float64], negative: NDArray[np.float64]) -> pd.DataFrame:
        """Copy of the states in which positives and negatives are exchanged with the given probabilities."""
        opposite = POSITIVE + NEGATIVE - self.codes
        return self.frame(np.where(self.happens(positive, negative), opposite, self.codes).astype(np.int8))

    def frame(self, codes: NDArray[np.int8]) -> pd.DataFrame:
        """Copy of the states in which the findings have other codes, int8 (B, L)."""
        result = self._states.copy()
        for column, finding in enumerate(self.findings):
            changed = codes[:, column] != self.codes[:, column]
            if changed.any():
                result[finding] = result[finding].mask(changed, pd.Series(_TEXTS[codes[:, column]], result.index))
        return result
