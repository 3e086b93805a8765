"""From a case to its picture."""

import numpy as np

from .airway import airway_gas, bowel_gas
from .anatomy import sample_anatomy
from .body import body_thickness
from .case import PhantomCase, sample_case
from .chest import Chest
from .detector import Exposure, expose
from .devices import draw_devices
from .findings import SIGNS
from .overlay import finish
from .pose import Pose, sample_pose
from .prevalence import Prevalence
from .ribs import rib_bone
from .shapes import Field
from .skeleton import clavicle_bone, shoulder_bone, spine_bone
from .streams import stream
from .texture import texture
from .variants import draw_variants
from .vessels import grow, vessel_thickness


def render(index: int, seed: int = 0, size: int = 512, prevalence: Prevalence = "enriched") -> tuple[Field, PhantomCase]:
    """Draw image number `index` of the data set with this seed.

    Args:
        index: number of the image, 0 or more.
        seed: seed of the data set, 0 or more.
        size: pixels a side, 32 or more.
        prevalence: "enriched" or "nih".

    Returns:
        The displayed image, (size, size) float32 in [0, 1], dense parts bright, upright, the patient's left on the
        right of the image, least value 0 and largest 1; and the case it shows.

    Example:
        >>> image, case = render(0, seed=1, size=64)
        >>> image.shape, image.dtype.name, case.patient_id
        ((64, 64), 'float32', 'PHANTOM-1-000005')
    """
    case = sample_case(index, seed, prevalence)
    return draw(case, size), case


def pixel_spacing(case: PhantomCase, size: int) -> float:
    """Side of a pixel of `draw(case, size)` in mm."""
    return 10 * _pose(case).field / size


def draw(case: PhantomCase, size: int = 512) -> Field:
    """Draw a case, e.g. one whose findings were changed with `dataclasses.replace`.

    Everything random comes from a stream of its own, so two cases that differ in one finding give images that differ by
    that finding's sign alone.

    Args:
        case: what to draw.
        size: pixels a side, 32 or more.
    """
    if size < 32:
        raise ValueError(f"size {size} is too small to hold a chest; use 32 or more")
    seed, index, patient = case.seed, case.index, case.patient
    bedside = case.view == "AP"
    pose = _pose(case)
    anatomy = pose.apply(sample_anatomy(stream(seed, "anatomy", patient), case.sex, case.age))
    signs = [
        SIGNS[name](severity, stream(seed, "sign", patient, name), pose.upright)
        for name, severity in case.severity.items()
    ]
    for sign in signs:
        anatomy = sign.deform(anatomy)
    grid = pose.grid(size)
    chest = Chest(anatomy, grid, mottle=texture(stream(seed, "mottle", patient), size, 3.0, 5, 40))
    chest.density *= 1 + 0.09 * texture(stream(seed, "lung", index), size, 2.4, 6)
    vessels = grow(stream(seed, "vessels", patient), chest)
    draw_variants(chest, stream(seed, "variants", patient), stream(seed, "posed variants", index), bedside)
    for sign in signs:
        sign.paint(chest)
    draw_devices(chest, stream(seed, "devices", index), bedside)
    fat = texture(stream(seed, "fat", index), size, 3.0, 3, 16)
    air = chest.lung * (1 - chest.density) * chest.aerated + airway_gas(chest) + bowel_gas(chest, pose, fat) + chest.gas
    water = body_thickness(chest, pose) * (1 + 0.012 * fat) - air + vessel_thickness(chest, vessels) + chest.solid
    jitter = stream(seed, "ribs", patient).normal(0, 0.12, (2, 14)).astype(np.float32)
    bone = rib_bone(chest, jitter) + spine_bone(chest) + clavicle_bone(chest) + shoulder_bone(chest, pose)
    exposure = Exposure.sample(stream(seed, "exposure", index), case.view)
    image = expose(water, bone * anatomy.bone + chest.calcium, exposure, grid.pixel, stream(seed, "noise", index))
    return finish(image, grid, stream(seed, "overlay", index), case.view)


def _pose(case: PhantomCase) -> Pose:
    return sample_pose(stream(case.seed, "pose", case.index), case.view)
