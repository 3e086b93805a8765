"""From label states to training targets."""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ConfigError, LabelError
from .knowledge import labelled_cells, reader_shares
from .states import POSITIVE, UNCERTAIN, UNMENTIONED, encode_states

Uncertain = Literal["ignore", "ones", "zeros", "smooth_ones", "smooth_zeros", "share"]
Unmentioned = Literal["unknown", "negative", "negative_if_no_finding"]

_TARGET = np.array([1, 0, np.nan, np.nan], dtype=np.float32)  # in the order of LabelState

# A chest radiograph without a finding may well show a pacemaker, and does not deny that it is without a finding.
_NOT_RULED_OUT = ("no_finding", "support_devices")


@dataclass(frozen=True, kw_only=True)
class TargetPolicy:
    """The declared rule by which label states become numbers.

    target(positive) = 1, target(negative) = 0, always; the policy decides the other two states:

    | state | policy | target |
    | --- | --- | --- |
    | uncertain | `ignore` | NaN (U-Ignore) |
    | | `ones`, `zeros` | 1, 0 (U-Ones, U-Zeros) |
    | | `smooth_ones`, `smooth_zeros` | u ~ U(`smooth_ones_range`), U(`smooth_zeros_range`) (LSR) |
    | | `share` | share of readers who call it positive, of column `share_<finding>`; NaN where that is blank |
    | unmentioned | `unknown` | NaN |
    | | `negative` | 0 |
    | | `negative_if_no_finding` | 0 where `no_finding` is positive, NaN elsewhere |

    `negative_if_no_finding` reads what an image without a finding implies, as TorchXRayVision does for CheXpert: every
    finding except `support_devices` is negative. What the source does say wins: a positive, negative or uncertain
    label in such a row keeps its own target. An unmentioned `no_finding` stays unknown, for no label implies it.

    Where states have a column `labelled`, `unmentioned` is NaN under every policy for a finding that the source of the
    row does not label: nobody looked for it.

    u is one draw for each seed, image and finding, whatever other rows and findings are asked for.

    U-Ignore, U-Ones and U-Zeros: Irvin et al., AAAI 2019, arXiv 1901.07031. LSR (label smoothing regularisation): Pham
    et al., Neurocomputing 2021, arXiv 1911.06475.

    Args:
        uncertain: what becomes of uncertain labels.
        unmentioned: what becomes of unmentioned ones.
        seed: of the draws.
        smooth_ones_range: bounds of u for `smooth_ones`; the paper uses 0.55 to 0.85.
        smooth_zeros_range: bounds of u for `smooth_zeros`; the paper uses 0 to 0.3.

    Raises:
        ConfigError: an unknown choice, or bounds that are not 0 <= low <= high <= 1.

    Example:
        >>> states = pd.DataFrame({"no_finding": ["positive", "unmentioned"], "edema": ["unmentioned", "uncertain"]})
        >>> policy = TargetPolicy(uncertain="ones", unmentioned="negative_if_no_finding")
        >>> policy.targets(states, ["edema", "no_finding"]).tolist()
        [[0.0, 1.0], [1.0, nan]]
    """

    uncertain: Uncertain = "ignore"
    unmentioned: Unmentioned = "unknown"
    seed: int = 0
    smooth_ones_range: tuple[float, float] = (0.55, 0.85)
    smooth_zeros_range: tuple[float, float] = (0.0, 0.3)

    def __post_init__(self) -> None:
        _check_choice("uncertain", self.uncertain, get_args(Uncertain))
        _check_choice("unmentioned", self.unmentioned, get_args(Unmentioned))
        for name in ("smooth_ones_range", "smooth_zeros_range"):
            object.__setattr__(self, name, _bounds(name, getattr(self, name)))  # YAML has lists, equality needs tuples

    def targets(
        self, states: pd.DataFrame, findings: Sequence[str], *, keys: Iterable[object] | None = None
    ) -> NDArray[np.float32]:
        """Targets of the findings, one row an image.

        Args:
            states: rows images, columns finding ids, cells the texts of states; columns `labelled` and
                `share_<finding>` as in a study table; other columns are not looked at.
            findings: the columns of the result, L of them. `negative_if_no_finding` also reads column `no_finding`.
            keys: what tells the B images apart in the draws; column `image` if there is one, else the index.

        Returns:
            float32 (B, L) in [0, 1], NaN where nothing is known.

        Raises:
            LabelError: a finding has no column or two, or is asked for twice; a cell is no label state; keys and rows
                differ in number; a share is no number of [0, 1], or there is no column of shares.

        Example:
            >>> states = pd.DataFrame({"edema": ["uncertain", "uncertain"]}, index=["a.png", "b.png"])
            >>> policy = TargetPolicy(uncertain="smooth_ones")
            >>> both = policy.targets(states, ["edema"])
            >>> bool((policy.targets(states.loc[["b.png"]], ["edema"]) == both[1]).all())
            True
        """
        check_columns(states, findings)
        codes = encode_states(states[list(findings)])
        targets = _TARGET[codes]
        unmentioned = (codes == UNMENTIONED) & labelled_cells(states, findings)
        if self.unmentioned == "negative":
            targets[unmentioned] = 0
        elif self.unmentioned == "negative_if_no_finding":
            check_columns(states, ["no_finding"])
            healthy = encode_states(states["no_finding"]) == POSITIVE
            targets[unmentioned & healthy[:, None] & ~np.isin(findings, _NOT_RULED_OUT)] = 0
        uncertain = codes == UNCERTAIN
        if self.uncertain in ("ones", "zeros"):
            targets[uncertain] = self.uncertain == "ones"
        elif self.uncertain == "share":
            targets[uncertain] = reader_shares(states, findings)[uncertain]
        elif self.uncertain != "ignore":
            low, high = self.smooth_ones_range if self.uncertain == "smooth_ones" else self.smooth_zeros_range
            targets[uncertain] = low + (high - low) * self._draws(uncertain, findings, image_keys(states, keys))
        return targets

    def _draws(self, cells: NDArray[np.bool_], findings: Sequence[str], keys: list[str]) -> NDArray[np.float64]:
        """One number of [0, 1) for each true cell, row by row, from a hash: no cell's draw depends on another's."""
        draws = (uniform(self.seed, findings[column], keys[row]) for row, column in np.argwhere(cells).tolist())
        return np.fromiter(draws, dtype=np.float64, count=int(cells.sum()))


def uniform(seed: int, finding: str, key: str) -> float:
    """A number of [0, 1) that depends on nothing but the arguments: the first 53 bits of their BLAKE2b digest.

    Example:
        >>> uniform(0, "edema", "a.png") == uniform(0, "edema", "a.png") != uniform(1, "edema", "a.png")
        True
    """
    digest = hashlib.blake2b(f"{seed}\0{finding}\0{key}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) * 2.0**-53


def image_keys(states: pd.DataFrame, keys: Iterable[object] | None) -> list[str]:
    """What tells the rows apart where chance decides: the keys given, else column `image`, else the index."""
    names: Iterable[object] = states.get("image", states.index) if keys is None else keys
    texts = [str(name) for name in names]
    if len(texts) != len(states):
        raise LabelError(f"{len(texts)} keys for {len(states)} rows of label states; give one key a row")
    return texts


def check_columns(states: pd.DataFrame, findings: Sequence[str]) -> None:
    """Raise LabelError unless every finding is the name of exactly one column and named once."""
    for finding in findings:
        if finding not in states:
            near = difflib.get_close_matches(finding, [str(column) for column in states], n=1)
            raise LabelError(
                f"finding '{finding}': the label states have no such column; "
                + (f"did you mean '{near[0]}'?" if near else "add it, 'unmentioned' where the source says nothing")
            )
    for given, mend in (
        (findings, "asked for twice; name it once"),
        (states.columns, "the name of two columns; keep one"),
    ):
        twice = [finding for finding in findings if list(given).count(finding) > 1]
        if twice:
            raise LabelError(f"finding '{twice[0]}' is {mend}")


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"use {', '.join(choices)}"
        raise ConfigError(f"TargetPolicy: {name} cannot be {value!r}; {hint}")


def _bounds(name: str, bounds: Sequence[float]) -> tuple[float, float]:
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2 or not 0 <= bounds[0] <= bounds[1] <= 1:
        raise ConfigError(f"TargetPolicy: {name} cannot be {bounds!r}; give low and high with 0 <= low <= high <= 1")
    return float(bounds[0]), float(bounds[1])
