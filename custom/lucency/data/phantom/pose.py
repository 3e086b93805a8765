"""How the patient stood or lay for one image: breath, turn, and what a bedside film changes."""

from dataclasses import dataclass, replace

import numpy as np

from .anatomy import Anatomy, Pair
from .grid import Grid
from .streams import between, normal


@dataclass(frozen=True)
class Pose:
    """Placement of the patient before the detector.

    PA images are taken upright in deep breath with the chest on the detector; AP images at the bedside, half sitting
    or lying, with less breath, a magnified heart and the shoulder blades over the lungs.
    """

    view: str
    breath: float
    """Height in cm that the diaphragm lacks from full inspiration."""
    rotation: float
    lordosis: float
    tilt: float
    upright: bool
    scapula: float
    """How far the shoulder blades are turned out of the lungs, in cm."""
    arm: float
    """How far the elbows stand off, in cm."""
    chin: float
    """y of the chin; mostly above the image."""
    field: float
    centre: tuple[float, float]

    def grid(self, size: int) -> Grid:
        """Detector of `size` pixels a side."""
        return Grid(size, self.field, self.centre, self.tilt)

    def apply(self, anatomy: Anatomy) -> Anatomy:
        """The same body in this pose."""
        magnified = 1.0 if self.view == "PA" else 1.09
        rise = self.breath
        wider = magnified * (1 + 0.022 * rise)
        x, y = anatomy.heart
        return replace(
            anatomy,
            dome=(anatomy.dome[0] - rise, anatomy.dome[1] - rise),
            heart=(x + 0.5 * self.rotation, y - 0.75 * rise),
            heart_radii=tuple(radius * wider for radius in anatomy.heart_radii),
            mediastinum=(
                anatomy.mediastinum[0] * wider - 0.4 * self.rotation,
                anatomy.mediastinum[1] * wider + 0.4 * self.rotation,
            ),
            hilum=(self._moved(anatomy.hilum[0]), self._moved(anatomy.hilum[1])),
            clavicle=anatomy.clavicle - self.lordosis,
            lung_density=anatomy.lung_density * (1 + 0.035 * rise),
            rotation=self.rotation,
            lordosis=self.lordosis,
        )

    def _moved(self, hilum: Pair) -> Pair:
        return hilum[0] + 0.2 * self.rotation, hilum[1] - 0.25 * self.breath


def sample_pose(rng: np.random.Generator, view: str) -> Pose:
    """Draw a pose for a PA or an AP image."""
    bedside = view == "AP"
    return Pose(
        view=view,
        breath=abs(normal(rng, 2.0 if bedside else 0.5, 1.1)),
        rotation=normal(rng, 0.0, 0.9 if bedside else 0.4),
        lordosis=normal(rng, 1.2, 0.9) if bedside else normal(rng, 0.0, 0.3),
        tilt=normal(rng, 0.0, 0.045 if bedside else 0.02),
        upright=not bedside or bool(rng.random() < 0.35),
        scapula=normal(rng, 0.0, 0.5) if bedside else normal(rng, 2.2, 0.7),
        arm=normal(rng, 1.5, 1.0) if bedside else normal(rng, 4.0, 1.5),
        chin=normal(rng, -7.5, 2.5) if bedside else -14.0,
        field=between(rng, 36.0, 42.0),
        centre=(normal(rng, 0.0, 0.6), normal(rng, 12.3, 1.2)),
    )
