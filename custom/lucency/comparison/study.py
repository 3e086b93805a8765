"""What a comparison trains and tests on, all of it in memory: inputs, truth, what training may see, patients, split."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import finding_columns, read_study_table
from ..errors import ConfigError, TableError
from ..files import first_few
from ..labels import TargetPolicy
from ..labels.policies import Unmentioned
from ..labels.simulate import single_positive

SPLITS = ("train", "val", "test")
SELECTIONS = ("clean", "observed")


@dataclass(frozen=True, eq=False)
class Study:
    """N images with complete labels, and the incomplete ones that training sees instead.

    Args:
        name: for titles.
        inputs: uint8 (N, S, S) images, float32 (N, F) features, or (N, F, h, w) feature maps, float16 or float32.
        truth: float32 (N, L) of 1, 0, or NaN where nobody knows.
        observed: float32 (N, L) in [0, 1] or NaN for unknown: the targets of training.
        patients: (N,) ids.
        splits: (N,) of `train`, `val`, `test`.
        findings: L ids.

    Raises:
        TableError: shapes do not fit, a split is empty, a patient is in two, or no finding of the validation images has
            both classes, by the truth or by the observed labels, so that no epoch could be chosen.

    Example:
        >>> truth = np.array([[1], [0], [0], [1], [0], [1]], dtype=np.float32)
        >>> study = Study(
        ...     name="tiny",
        ...     inputs=np.arange(12, dtype=np.float32).reshape(6, 2),
        ...     truth=truth,
        ...     observed=np.where(truth == 1, truth, np.nan),
        ...     patients=np.arange(6),
        ...     splits=np.repeat(["train", "val", "test"], 2),
        ...     findings=("edema",),
        ... )
        >>> study.targets("observed").tolist(), study.targets("truth").tolist(), study.positives_per_image
        ([[1.0], [nan]], [[1.0], [0.0]], 0.5)
    """

    name: str
    inputs: NDArray[Any]
    truth: NDArray[np.float32]
    observed: NDArray[np.float32]
    patients: NDArray[Any]
    splits: NDArray[Any]
    findings: tuple[str, ...]

    def __post_init__(self) -> None:
        images, shape = len(self.inputs), (len(self.inputs), len(self.findings))
        if self.truth.shape != shape or self.observed.shape != shape:
            raise TableError(f"study {self.name}: labels are {self.truth.shape} and {self.observed.shape}, not {shape}")
        if len(self.patients) != images or len(self.splits) != images:
            raise TableError(f"study {self.name}: give a patient and a split for each of its {images} images")
        of_split = {split: set(self.patients[self.splits == split].tolist()) for split in SPLITS}
        if empty := [split for split, patients in of_split.items() if not patients]:
            raise TableError(f"study {self.name}: no image is in split {first_few(empty)}; fill the column split")
        train, val, test = of_split.values()
        if shared := sorted(train & val | train & test | val & test):
            raise TableError(f"study {self.name}: patient {first_few(shared)} is in two splits; split by patient")
        for selection in SELECTIONS:
            labels = self.validation_labels(selection)
            if not ((labels == 1).any(axis=0) & (labels == 0).any(axis=0)).any():
                raise TableError(
                    f"study {self.name}: by its {selection} labels no finding of the validation images has both a "
                    "positive and a negative; put more patients into split val"
                )

    def rows(self, split: str) -> NDArray[np.intp]:
        """Rows of one split, in order."""
        return np.flatnonzero(self.splits == split)

    def validation_labels(self, selection: str) -> NDArray[np.float32]:
        """Labels by which the epoch and the learning rate are chosen.

        Args:
            selection: `clean` is the truth, which a user with incomplete labels does not have; `observed` is what he
                does have, with unknown counted as negative.
        """
        rows = self.rows("val")
        return self.truth[rows] if selection == "clean" else np.nan_to_num(self.observed[rows], nan=0.0)

    def targets(self, kind: str) -> NDArray[np.float32]:
        """Training targets, `observed` or `truth`, in the order of `rows("train")`."""
        return (self.truth if kind == "truth" else self.observed)[self.rows("train")]

    @property
    def positives_per_image(self) -> float:
        """True positives of a training image, on average; some losses must be told."""
        return float(np.nansum(self.targets("truth"), axis=1).mean())

    @cached_property
    def scale(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and deviation over the training images: of all pixels, or of each feature, (F,), or map, (F, 1, 1)."""
        train = self.inputs[self.rows("train")]
        axes = None if train.ndim == 3 else (0, *range(2, train.ndim))
        mean, deviation = (np.asarray(take(train, axis=axes, dtype=np.float64)) for take in (np.mean, np.std))
        return (mean[:, None, None], deviation[:, None, None]) if train.ndim == 4 else (mean, deviation)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of every array and the names of the findings; the study's name does not count."""
        digest = hashlib.sha256(json.dumps([self.findings, self.inputs.shape, str(self.inputs.dtype)]).encode())
        for array in (self.inputs, self.truth, self.observed):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(json.dumps([self.patients.tolist(), self.splits.tolist()]).encode())
        return digest.hexdigest()


def single_positive_study(
    table: str | Path,
    inputs: NDArray[Any],
    *,
    findings: Sequence[str] | None = None,
    unmentioned: Unmentioned = "unknown",
    seed: int = 0,
    name: str | None = None,
) -> Study:
    """Study of which training sees one positive an image and nothing else: `lucency.labels.simulate.single_positive`.

    Args:
        table: study table with column split and (nearly) complete labels.
        inputs: images or features in the order of its rows.
        findings: ids of the outputs; all of the table but `no_finding` if not given.
        unmentioned: what the table's own unmentioned labels are taken for; `negative` for NIH.
        seed: of the simulation, which is done once for all runs.
        name: of the study; the table's folder if not given.

    Raises:
        TableError, LabelError: the table does not hold what it must.
        ConfigError: inputs and rows differ in number.

    Example:
        >>> import tempfile
        >>> from lucency.data.phantom import write_phantom
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = write_phantom(folder, images=60, size=32, workers=1, format="png")
        >>> study = single_positive_study(folder / "truth.csv", np.zeros((60, 3), np.float32), name="phantom")
        >>> float(np.nansum(study.observed, axis=1).max()), float(np.nansum(study.truth, axis=1).max()) > 1
        (1.0, True)
    """
    frame = read_study_table(table, check_files=False)
    if len(frame) != len(inputs):
        raise ConfigError(f"{table}: has {len(frame)} rows for {len(inputs)} inputs; extract the inputs again")
    if "split" not in frame:
        raise TableError(f"{table}: has no column split; divide the patients with split_patients")
    names = list(findings or (column for column in finding_columns(frame) if column != "no_finding"))
    return Study(
        name=name or Path(table).resolve().parent.name,
        inputs=inputs,
        truth=TargetPolicy(unmentioned=unmentioned).targets(frame, names),
        observed=TargetPolicy().targets(single_positive(frame, seed=seed, findings=names), names),
        patients=frame["patient"].to_numpy(dtype=str),
        splits=frame["split"].to_numpy(dtype=str),
        findings=tuple(names),
    )
