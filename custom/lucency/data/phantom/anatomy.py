"""The body of one patient: sizes and positions that all images of the patient share."""

from dataclasses import dataclass

import numpy as np

from .streams import between, normal

Pair = tuple[float, float]
"""(right, left) of the patient; the right side is on the left of the image."""

RIGHT, LEFT = 0, 1


@dataclass(frozen=True)
class Anatomy:
    """Geometry in cm, x towards the patient's left, y downwards from the lung apices.

    A pose (`pose.py`) and the findings (`findings/`) change it with `dataclasses.replace` before anything is drawn.
    """

    sex: str
    age: int
    half_width: float
    """Inner half width of the rib cage where it is widest."""
    depth: float
    """Inner front-to-back depth of the rib cage where it is deepest."""
    wall: float
    """Soft tissue beside the rib cage."""
    fat: float
    """Soft tissue in front of and behind the rib cage, together."""
    waist: float
    """Width of the upper abdomen relative to the chest wall."""
    dome: Pair
    """y of the top of each hemidiaphragm."""
    dome_rise: Pair
    """How far the lateral costophrenic angle lies below the dome."""
    heart: Pair
    """(x, y) of the centre of the heart."""
    heart_radii: tuple[float, ...]
    """Outline at eight angles from the patient's left, clockwise on the image."""
    mediastinum: Pair
    """Half width of the upper mediastinum to either side."""
    knob: float
    """Radius of the aortic arch seen on end."""
    hilum: tuple[Pair, Pair]
    """(x, y) of the right and the left hilum."""
    scoliosis: float
    rib_spacing: float
    rib_drop: float
    """How much steeper than usual the ribs fall from back to front."""
    rib_height: float
    bone: float
    """Mineral density relative to a young adult."""
    clavicle: float
    """y of the inner ends of the collar bones."""
    shoulder: float
    """y of the shoulder tops."""
    breast: float
    """Thickness of each breast, 0 in men."""
    breast_place: Pair
    lung_density: float
    """Share of water in the lungs' volume."""
    vessel_size: float
    gas: float
    """Half width of the stomach's gas bubble."""
    shift: float = 0.0
    """Movement of heart and mediastinum towards the patient's left."""
    rotation: float = 0.0
    """Movement of the front of the body over the back, towards the patient's left."""
    lordosis: float = 0.0
    """Movement of the front of the body over the back, upwards."""


def sample_anatomy(rng: np.random.Generator, sex: str, age: int) -> Anatomy:
    """Draw a body; sex and age move size, breasts, aorta and bone, never the findings.

    Args:
        rng: the patient's own stream.
        sex: "F" or "M".
        age: years.
    """
    female = sex == "F"
    build = normal(rng, 0.0, 1.0)  # slim to heavy
    old = max(age - 45, 0) / 40
    half_width = normal(rng, 13.0 if female else 14.2, 0.7) + 0.25 * build
    right_dome = normal(rng, 21.3 if female else 22.6, 1.1)
    heart_size = normal(rng, 1.0, 0.07) * (half_width / 14.0) * (1 + 0.05 * old)
    hilum_y = normal(rng, 10.6, 0.5)
    radii = (6.4, 7.9, 5.6, 5.0, 5.4, 5.4, 6.6, 5.7)
    return Anatomy(
        sex=sex,
        age=age,
        half_width=half_width,
        depth=normal(rng, 16.5 if female else 18.0, 1.0) + 0.5 * build + 0.8 * old,
        wall=max(normal(rng, 2.9, 0.4) + 0.9 * build, 1.3),
        fat=max(normal(rng, 5.0, 0.6) + 1.5 * build, 2.2),
        waist=normal(rng, 1.0, 0.03) + 0.05 * build,
        dome=(right_dome, right_dome + normal(rng, 1.0, 0.5)),
        dome_rise=(normal(rng, 4.2, 0.6), normal(rng, 4.2, 0.6)),
        heart=(normal(rng, 1.5, 0.35), right_dome - normal(rng, 4.1, 0.4)),
        heart_radii=tuple(radius * heart_size * normal(rng, 1.0, 0.035) for radius in radii),
        mediastinum=(normal(rng, 2.5, 0.25) + 0.12 * build, normal(rng, 2.15, 0.25) + 0.1 * build),
        knob=normal(rng, 1.35, 0.15) + 0.75 * old,
        hilum=((-normal(rng, 3.9, 0.25), hilum_y), (normal(rng, 4.2, 0.25), hilum_y - normal(rng, 0.9, 0.2))),
        scoliosis=normal(rng, 0.0, 0.35),
        rib_spacing=normal(rng, 2.42, 0.08),
        rib_drop=normal(rng, 0.0, 0.6) + 0.5 * old,
        rib_height=normal(rng, 0.62, 0.05),
        bone=normal(rng, 1.0, 0.12) * (1 - 0.25 * old * (1.3 if female else 0.7)),
        clavicle=normal(rng, 3.9, 0.5),
        shoulder=normal(rng, 1.0, 0.7),
        breast=min(max(normal(rng, 2.0, 0.7) + 0.6 * build, 0.6), 3.4) if female else 0.0,
        breast_place=(normal(rng, 7.6, 0.6), normal(rng, 19.3, 1.0) + 0.9 * old),
        lung_density=normal(rng, 0.25, 0.025),
        vessel_size=normal(rng, 1.0, 0.1),
        gas=between(rng, 0.0, 3.4),
    )
