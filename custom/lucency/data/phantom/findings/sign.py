"""What every finding's sign is: random choices once, then a change of the body and a change of the picture."""

import numpy as np

from ..anatomy import LEFT, RIGHT, Anatomy
from ..chest import Chest
from ..streams import between


class Sign:
    """Radiographic sign of one finding in one patient.

    A subclass draws its places and shapes in `choose`, from a stream that belongs to the patient and the finding, so
    that follow-ups show the same lesion and no other part of the image changes with it.

    Args:
        severity: 0 (barely visible) to 1 (gross).
        rng: stream of this patient and this finding.
        upright: whether the patient stands or sits; fluid and air move with it.
    """

    sides = (0.42, 0.38, 0.20)
    """Probability of right only, left only, both."""

    def __init__(self, severity: float, rng: np.random.Generator, upright: bool = True) -> None:
        self.severity, self.rng, self.upright = severity, rng, upright
        pick = rng.random()
        right, left, _ = np.cumsum(self.sides)
        self.affected = (RIGHT,) if pick < right else (LEFT,) if pick < left else (RIGHT, LEFT)
        self.choose()

    def choose(self) -> None:
        """Draw what the sign needs besides its sides."""

    def deform(self, anatomy: Anatomy) -> Anatomy:
        """The body as the finding changes it, before anything is drawn."""
        return anatomy

    def paint(self, chest: Chest) -> None:
        """Draw the sign into the chest's maps."""

    def between(self, low: float, high: float) -> float:
        """Uniform draw from the sign's stream."""
        return between(self.rng, low, high)

    def grade(self, mild: float, gross: float) -> float:
        """Value between those of severity 0 and severity 1."""
        return mild + (gross - mild) * self.severity
