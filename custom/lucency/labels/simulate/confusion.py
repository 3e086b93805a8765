"""One finding taken for another."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import ConfigError, LabelError
from ..states import NEGATIVE, POSITIVE
from .label_cells import LabelCells
from .per_finding import PerFinding, per_finding


def confusion(
    states: pd.DataFrame,
    *,
    swaps: Mapping[str, str],
    rate: PerFinding,
    seed: int = 0,
    findings: Sequence[str] | None = None,
    keys: Iterable[object] | None = None,
) -> pd.DataFrame:
    """Call a positive finding by another's name: with P = `rate`[c], positive c is negative and `swaps`[c] positive.

    All swaps act at once on the labels given. A finding whose name is taken away stays positive where another is
    called by it: if consolidation and pneumonia both swap on one image, both are still positive.

    Args:
        states: rows images, columns finding ids, cells the texts of states; other columns are carried along.
        swaps: from the finding that is there to the one that is named instead; give both directions for both.
        rate: from 0 to 1 for all swaps, or a mapping from the finding that is there; 0 where not named.
        seed: same seed, same swaps; what a rate swaps, a higher one swaps too.
        findings: columns to work on; all that are finding ids of the vocabulary if not given.
        keys: what tells the images apart in the draws; column `image` if there is one, else the index. An image's
            result depends on its own row, its key and the seed alone.

    Returns:
        Copy of `states`.

    Raises:
        ConfigError: no swap, a finding swapped with itself, a rate outside [0, 1].
        LabelError: a swap names something else than one of the findings; the states or keys do not fit.

    Example:
        >>> truth = pd.DataFrame({"consolidation": ["positive"], "pneumonia": ["negative"]})
        >>> confusion(truth, swaps={"consolidation": "pneumonia"}, rate=1.0).iloc[0].tolist()
        ['negative', 'positive']
    """
    if not isinstance(swaps, Mapping) or not swaps:
        raise ConfigError(f"confusion: swaps cannot be {swaps!r}; give a mapping such as {{consolidation: pneumonia}}")
    cells = LabelCells(states, "confusion", seed, findings, keys)
    for finding in (*swaps, *swaps.values()):
        if finding not in cells.findings:
            raise LabelError(f"confusion: '{finding}' is not among the findings; they are {', '.join(cells.findings)}")
    for finding, other in swaps.items():
        if finding == other:
            raise ConfigError(f"confusion: '{finding}' is swapped with itself; name two findings")
    sources = list(swaps)
    rates = np.zeros(len(cells.findings))
    rates[[cells.findings.index(finding) for finding in sources]] = per_finding("confusion: rate", rate, sources)
    swapped = cells.happens(rates, np.zeros_like(rates))
    codes = np.where(swapped, NEGATIVE, cells.codes).astype(np.int8)
    for finding, other in swaps.items():
        codes[swapped[:, cells.findings.index(finding)], cells.findings.index(other)] = POSITIVE
    return cells.frame(codes)
