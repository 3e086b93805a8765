"""Several readers of one image: how their yes and no become one state."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ...labels import LabelState

Readers = Literal["majority", "any", "all", "soft"]
RULES = ("majority", "any", "all", "soft")


def agreed_states(positive: NDArray[np.int64], readers: NDArray[np.int64], rule: Readers) -> NDArray[np.object_]:
    r"""State of each finding on each image after $p$ of $n$ readers called it positive.

    | rule | positive | negative | uncertain |
    | --- | --- | --- | --- |
    | majority | $2p > n$ | $2p < n$ | $2p = n$ |
    | any | $p > 0$ | $p = 0$ | |
    | all | $p = n$ | $p < n$ | |
    | soft | $p = n$ | $p = 0$ | $0 < p < n$ |

    Args:
        positive: (B, L) how many readers called the finding positive.
        readers: (B,) how many read the image, at least 1.
        rule: one of the table.

    Returns:
        object (B, L), texts of label states.

    Raises:
        ConfigError: unknown rule.

    Example:
        >>> agreed_states(np.array([[0, 1, 2, 3]]), np.array([3]), "majority").tolist()
        [['negative', 'negative', 'positive', 'positive']]
    """
    every = readers[:, None]
    yes, no = {
        "majority": (2 * positive > every, 2 * positive < every),
        "any": (positive > 0, positive == 0),
        "all": (positive == every, positive < every),
        "soft": (positive == every, positive == 0),
    }[_known(rule)]
    states = np.where(yes, LabelState.POSITIVE.value, np.where(no, LabelState.NEGATIVE.value, "uncertain"))
    return states.astype(object)


def positive_shares(positive: NDArray[np.int64], readers: NDArray[np.int64]) -> NDArray[np.object_]:
    """Share of the readers who called a finding positive, as the columns `share_<finding>` hold it.

    Args:
        positive: (B, L) how many readers called the finding positive.
        readers: (B,) how many read the image; 0 where nobody says how many.

    Returns:
        object (B, L), texts of numbers in [0, 1] with six digits, "" where the number of readers is unknown.

    Example:
        >>> positive_shares(np.array([[0, 1], [1, 0]]), np.array([3, 0])).tolist()
        [['0', '0.333333'], ['', '']]
    """
    shares = np.divide(positive, readers[:, None], out=np.full(positive.shape, np.nan), where=readers[:, None] > 0)
    kinds, inverse = np.unique(shares, return_inverse=True)
    texts = np.array(["" if np.isnan(share) else f"{share:.6g}" for share in kinds], dtype=object)
    return texts[inverse].reshape(positive.shape)


def _known(rule: str) -> str:
    if rule not in RULES:
        raise ConfigError(f"readers must be {', '.join(RULES[:-1])} or {RULES[-1]}, not {rule!r}")
    return rule
