"""Who was examined, and what is known of them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .document import Cohort, Coverage, Group
from .scored_images import ScoredImages


def describe_cohort(images: ScoredImages, groups: Mapping[str, Mapping[str, NDArray[np.bool_]]]) -> Cohort:
    """Count images, patients and labels.

    Args:
        images: the scored images.
        groups: as `group_images` returns them.

    Example:
        >>> import pandas as pd
        >>> table = {"patient": ["a", "a", "b"], "target_mass": [1, 0, None], "probability_mass": [0.5, 0.2, 0.9]}
        >>> cohort = describe_cohort(ScoredImages.of(pd.DataFrame(table)), {})
        >>> cohort.patients, cohort.coverage[0].unknown, cohort.coverage[0].prevalence
        (2, 1, 0.5)
    """
    return Cohort(
        images=len(images.targets),
        patients=len(np.unique(images.patients)),
        most_images_of_a_patient=int(np.unique(images.patients, return_counts=True)[1].max()),
        unlabelled=float(np.isnan(images.targets).mean()),
        coverage=tuple(_coverage(images, column) for column in range(len(images.findings))),
        groups={
            name: tuple(count_group(images, value, members) for value, members in values.items())
            for name, values in groups.items()
        },
    )


def count_group(images: ScoredImages, value: str, members: NDArray[np.bool_]) -> Group:
    """Count the images and patients of a group, and the share of its labels that is not known."""
    return Group(
        value=value,
        images=int(members.sum()),
        patients=len(np.unique(images.patients[members])),
        unlabelled=float(np.isnan(images.targets[members]).mean()),
    )


def _coverage(images: ScoredImages, column: int) -> Coverage:
    targets = images.targets[:, column]
    return Coverage(
        finding=images.findings[column],
        positive=int((targets == 1).sum()),
        negative=int((targets == 0).sum()),
        unknown=int(np.isnan(targets).sum()),
        positive_patients=len(np.unique(images.patients[targets == 1])),
    )
