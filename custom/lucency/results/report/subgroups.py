"""How subgroups fare against all other images, from one set of resamples of patients."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...metrics import BootstrapInterval, bootstrap_intervals
from .coverage import count_group
from .document import FindingGap, Subgroup
from .measured import Measured
from .performance import mean_of, measured
from .scored_images import ScoredImages

Mask = NDArray[np.bool_]


class SubgroupMeasurer:
    """AUROC of subgroups, and the gap to the rest.

    Patients of all images are resampled; group and rest are measured on the same resamples, so that a patient who has
    images in both counts as one. A finding is measured in a group that has at least `minimum` positive and negative
    images of it, and compared where the rest has them too.

    Args:
        images: the scored images.
        minimum: images of each class.
        replicates: resamples of patients.
        seed: of the resamples.
    """

    def __init__(self, images: ScoredImages, *, minimum: int, replicates: int, seed: int) -> None:
        self.images = images
        self.minimum = minimum
        self.replicates = replicates
        self.seed = seed

    def __call__(self, groups: Mapping[str, Mapping[str, Mask]]) -> tuple[Subgroup, ...]:
        """Measure every group of every characteristic that has two or more values."""
        return tuple(
            self._subgroup(characteristic, value, members)
            for characteristic, values in groups.items()
            if len(values) > 1
            for value, members in values.items()
        )

    def _subgroup(self, characteristic: str, value: str, members: Mask) -> Subgroup:
        inside, outside = self._enough(members), self._enough(~members)
        both = inside & outside
        areas, gaps = self._auroc(members, inside), None
        if both.any():
            here, there = self._auroc(members, both), self._auroc(~members, both)
            gaps = _difference(here, there)
        return Subgroup(
            **count_group(self.images, value, members).model_dump(),
            characteristic=characteristic,
            measured=int(inside.sum()),
            compared=int(both.sum()),
            auroc=mean_of(areas) if areas else Measured(),
            gap=mean_of(gaps) if gaps else Measured(),
            findings=self._findings(members, areas, gaps),
        )

    def _findings(
        self, members: Mask, areas: BootstrapInterval | None, gaps: BootstrapInterval | None
    ) -> tuple[FindingGap, ...]:
        targets = self.images.targets[members]
        nothing = [Measured()] * len(self.images.findings)
        columns = zip(
            self.images.findings,
            targets.T,
            measured(areas) if areas else nothing,
            measured(gaps) if gaps else nothing,
            strict=True,
        )
        return tuple(
            FindingGap(
                finding=finding,
                positive=int((labels == 1).sum()),
                negative=int((labels == 0).sum()),
                unlabelled=float(np.isnan(labels).mean()),
                auroc=area,
                gap=gap,
            )
            for finding, labels, area, gap in columns
        )

    def _enough(self, members: Mask) -> Mask:
        """(L,) findings with enough images of both classes among some images."""
        targets = self.images.targets[members]
        counts = np.minimum((targets == 1).sum(axis=0), (targets == 0).sum(axis=0))
        return np.asarray(counts >= self.minimum)

    def _auroc(self, members: Mask, findings: Mask) -> BootstrapInterval | None:
        """AUROC of some findings on some images, others being undefined."""
        if not findings.any():
            return None
        targets = np.where(members[:, None] & findings, self.images.targets, np.nan)
        return bootstrap_intervals(
            self.images.raw, targets, self.images.patients, replicates=self.replicates, seed=self.seed
        ).auroc


def _difference(one: BootstrapInterval | None, other: BootstrapInterval | None) -> BootstrapInterval | None:
    if one is None or other is None:
        return None
    return BootstrapInterval(
        one.estimate - other.estimate, one.macro - other.macro, one.samples - other.samples, one.level
    )
