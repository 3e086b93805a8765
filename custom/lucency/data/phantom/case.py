"""What one image shows: whose it is, how it was taken, and which findings it has."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .nih_counts import AP_SHARE, FINDINGS, MALE_SHARE
from .prevalence import Prevalence, sample_findings
from .streams import between, normal, stream

_VISITS = (1, 1, 1, 1, 2, 4)
"""Images of the six patients in every block of ten images, shuffled within the block."""


@dataclass(frozen=True)
class PhantomCase:
    """One image of one invented patient; it follows from `seed` and `index` alone."""

    seed: int
    index: int
    patient: int
    follow_up: int
    view: str
    sex: str
    age: int
    severity: Mapping[str, float]
    """Severity, above 0 and up to 1, of each finding that is present; absent findings are not in it."""

    @property
    def patient_id(self) -> str:
        """Identifier that no hospital gives."""
        return f"PHANTOM-{self.seed}-{self.patient:06d}"

    @property
    def image_id(self) -> str:
        """Identifier of the image: patient and number of the follow-up."""
        return f"{self.patient_id}-{self.follow_up:03d}"


def sample_case(index: int, seed: int, prevalence: Prevalence = "enriched") -> PhantomCase:
    """Draw the case with number `index`.

    Args:
        index: number of the image, 0 or more.
        seed: seed of the data set, 0 or more.
        prevalence: see `prevalence.marginals`.

    Example:
        >>> sample_case(3, seed=0) == sample_case(3, seed=0)
        True
    """
    patient, follow_up = _patient_of(index, seed)
    person, image = stream(seed, "person", patient), stream(seed, "case", index)
    sex = "M" if person.random() < MALE_SHARE else "F"
    age = int(np.clip(person.normal(47.6, 16.5), 16, 94)) + follow_up // 2
    present = sample_findings(prevalence, stream(seed, "health", patient), image)
    view = "AP" if image.random() < AP_SHARE else "PA"
    severity = {}
    for name in (name for name, here in zip(FINDINGS, present, strict=True) if here):
        usual = _severity(stream(seed, "severity", patient, name))
        now = usual + normal(stream(seed, "course", index, name), 0.0, 0.08)
        severity[name] = round(min(max(now, 0.05), 1.0), 3)
    return PhantomCase(seed, index, patient, follow_up, view, sex, age, severity)


def _severity(rng: np.random.Generator) -> float:
    """A quarter is mild and hard to tell from normal; the rest is moderate to gross."""
    return between(rng, 0.05, 0.35) if rng.random() < 0.25 else between(rng, 0.35, 1.0)


def _patient_of(index: int, seed: int) -> tuple[int, int]:
    """Number of the patient and of the follow-up; found without looking at the images before."""
    block, place = divmod(index, sum(_VISITS))
    order = stream(seed, "visits", block).permutation(len(_VISITS))
    owners = [(block * len(_VISITS) + int(k), visit) for k in order for visit in range(_VISITS[k])]
    return owners[place]
