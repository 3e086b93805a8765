"""Images whose truth is known and whose training labels are partly wrong, to find and mend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import finding_columns, read_study_table
from ..data.validation import REQUIRED_COLUMNS
from ..errors import ConfigError, LabelError, TableError
from ..files import first_few
from ..labels import TargetPolicy, vocabulary
from ..labels.policies import Unmentioned
from ..labels.simulate import chain
from ..labels.simulate.chain import Step


@dataclass(frozen=True, eq=False)
class RefinementStudy:
    """Training images with true and observed states, test images with true ones.

    Args:
        name: for titles.
        truth: study table of the training images with true states.
        observed: the same rows, with the states that training sees.
        inputs: float32 (N, F), features of the training images, of mean 0 and deviation 1.
        test_inputs: float32 (M, F), features of the test images on the same scale.
        test_truth: float32 (M, C) of 1, 0, NaN.
        test_patients: (M,) ids.
    """

    name: str
    truth: pd.DataFrame
    observed: pd.DataFrame
    inputs: NDArray[np.float32]
    test_inputs: NDArray[np.float32]
    test_truth: NDArray[np.float32]
    test_patients: NDArray[Any]

    @cached_property
    def findings(self) -> tuple[str, ...]:
        """C ids."""
        return tuple(finding_columns(self.truth))

    @cached_property
    def patients(self) -> NDArray[Any]:
        """(N,) ids."""
        return self.truth["patient"].to_numpy(dtype=str)

    @cached_property
    def true_targets(self) -> NDArray[np.float32]:
        """(N, C) of 1, 0, NaN."""
        return TargetPolicy().targets(self.truth, list(self.findings))

    @cached_property
    def observed_targets(self) -> NDArray[np.float32]:
        """(N, C) of 1, 0, NaN."""
        return TargetPolicy().targets(self.observed, list(self.findings))

    @cached_property
    def wrong(self) -> NDArray[np.float64]:
        """(N, C) 1 where the observed label is not the true one, 0 where it is, NaN where either is unknown."""
        known = ~np.isnan(self.true_targets) & ~np.isnan(self.observed_targets)
        return np.where(known, self.true_targets != self.observed_targets, np.nan)


def refinement_study(
    table: str | Path,
    inputs: NDArray[Any],
    noise: Sequence[Step],
    *,
    unmentioned: Unmentioned = "unknown",
    seed: int = 0,
    name: str | None = None,
) -> RefinementStudy:
    """Take a table for the truth and falsify the labels of its training images.

    Args:
        table: study table with column split; rows of split val are left out.
        inputs: (K, F) features or (K, F, h, w) maps, averaged over places, of all its rows in their order.
        noise: steps of `lucency.labels.simulate.chain`.
        unmentioned: what the table's own unmentioned labels are taken for; `negative` for NIH.
        seed: of the noise.
        name: of the study; the table's folder if not given.

    Raises:
        TableError: no column split, or nothing to train or test on.
        ConfigError: inputs and rows differ in number; a step is none.
        LabelError: a label is neither positive nor negative, so that no reader could be simulated.
    """
    frame = read_study_table(table, check_files=False)
    if len(frame) != len(inputs):
        raise ConfigError(f"{table}: has {len(frame)} rows for {len(inputs)} inputs; extract the inputs again")
    if "split" not in frame or not {"train", "test"} <= set(frame["split"]):
        raise TableError(f"{table}: needs a column split with train and test; divide the patients with split_patients")
    findings = [column for column in finding_columns(frame) if column != "no_finding"]
    frame = frame[[*REQUIRED_COLUMNS, "split", *findings]]
    if unmentioned == "negative":
        frame = frame.replace({finding: {"unmentioned": "negative"} for finding in findings})
    if not (frame[findings].isin(["positive", "negative"])).all(axis=None):
        raise LabelError(f"{table}: is no truth while labels are uncertain or unmentioned; use --unmentioned negative")
    train, test = (np.flatnonzero(frame["split"] == split) for split in ("train", "test"))
    features = np.asarray(inputs, dtype=np.float32)
    features = features if features.ndim == 2 else features.mean(axis=(2, 3))
    mean, deviation = features[train].mean(axis=0), features[train].std(axis=0)
    features = (features - mean) / np.maximum(deviation, 1e-6)
    truth = frame.iloc[train].reset_index(drop=True)
    return RefinementStudy(
        name=name or Path(table).resolve().parent.name,
        truth=truth,
        observed=chain(truth, noise, seed=seed, findings=findings),
        inputs=features[train],
        test_inputs=features[test],
        test_truth=TargetPolicy().targets(frame.iloc[test], findings),
        test_patients=frame["patient"].to_numpy(dtype=str)[test],
    )


def measured_noise(path: str | Path, *, least: int = 30) -> Mapping[str, Mapping[str, dict[str, float]]]:
    r"""A step `asymmetric` from how a report miner did on images that experts read.

    A finding that experts saw in fewer than `least` images gets the rate of missed findings of all findings together:
    of two pneumonias missed, a rate of 1 would not follow.

    Args:
        path: CSV with columns `finding`, ids in any case, `n` images, `expert_pos` seen by experts,
            `nlp_pos` said by the miner, `both`.
        least: images that a rate needs.

    Raises:
        TableError: the file cannot be read, or lacks a column.
        LabelError: a finding is not known.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rates.csv"
        >>> _ = path.write_text("finding,n,expert_pos,nlp_pos,both\nMass,100,40,30,20\nHernia,100,2,1,0\n")
        >>> measured_noise(path)["asymmetric"]["fn_rate"]
        {'mass': 0.5, 'hernia': 0.5238095238095238}
    """
    try:
        table = pd.read_csv(path)
        counts = table[["n", "expert_pos", "nlp_pos", "both"]].to_numpy(dtype=np.float64)
        names = table["finding"].str.lower().tolist()
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise TableError(f"{path}: no table of rates ({' '.join(str(error).split())})") from error
    if unknown := [name for name in names if name not in vocabulary().ids]:
        raise LabelError(f"{path}: finding {first_few(unknown)} is not in the vocabulary; take its row out")
    images, seen, said, both = counts.T
    missed = np.where(seen >= least, 1 - both / np.maximum(seen, 1), 1 - both.sum() / seen.sum())
    invented = (said - both) / (images - seen)
    rates = {"fn_rate": missed, "fp_rate": invented}
    return {"asymmetric": {key: dict(zip(names, map(float, values), strict=True)) for key, values in rates.items()}}
