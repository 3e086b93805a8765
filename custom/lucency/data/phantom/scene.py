"""The body of a case between tube and detector: what the X-rays cross at every pixel."""

from dataclasses import dataclass

import numpy as np

from .airway import airway_gas, bowel_gas
from .anatomy import Anatomy, sample_anatomy
from .body import body_thickness
from .case import PhantomCase
from .chest import Chest
from .devices import draw_devices
from .findings import SIGNS, Sign
from .pose import Pose, sample_pose
from .ribs import rib_bone
from .shapes import Field
from .skeleton import clavicle_bone, shoulder_bone, spine_bone
from .streams import stream
from .texture import texture
from .variants import draw_variants
from .vessels import grow, vessel_thickness


@dataclass(frozen=True)
class Scene:
    """Line integrals of one case, each (size, size) float32 in cm."""

    water: Field
    """Soft tissue, air removed."""
    bone: Field
    """Mineral and metal."""
    chest: Chest
    """The maps they were made of."""


def pose_of(case: PhantomCase) -> Pose:
    """How the patient was placed for the image."""
    return sample_pose(stream(case.seed, "pose", case.index), case.view)


def signs_of(case: PhantomCase) -> dict[str, Sign]:
    """Sign of each finding that is present."""
    upright = pose_of(case).upright
    return {
        name: SIGNS[name](severity, stream(case.seed, "sign", case.patient, name), upright)
        for name, severity in case.severity.items()
    }


def compose(case: PhantomCase, size: int) -> Scene:
    """Build the body, let each finding change it, then put everything in the way of the rays.

    Everything random comes from a stream of its own, so two cases that differ in one finding differ by its sign alone.
    """
    seed, index, patient = case.seed, case.index, case.patient
    pose, signs = pose_of(case), signs_of(case).values()
    anatomy: Anatomy = pose.apply(sample_anatomy(stream(seed, "anatomy", patient), case.sex, case.age))
    for sign in signs:
        anatomy = sign.deform(anatomy)
    chest = Chest(anatomy, pose.grid(size), mottle=texture(stream(seed, "mottle", patient), size, 3.0, 5, 40))
    chest.density *= 1 + 0.09 * texture(stream(seed, "lung", index), size, 2.4, 6)
    vessels = grow(stream(seed, "vessels", patient), chest)
    bedside = case.view == "AP"
    draw_variants(chest, stream(seed, "variants", patient), stream(seed, "posed variants", index), bedside)
    for sign in signs:
        sign.paint(chest)
    draw_devices(chest, stream(seed, "implants", patient), stream(seed, "devices", index), bedside)
    fat = texture(stream(seed, "fat", index), size, 3.0, 3, 16)
    air = chest.lung * (1 - chest.density) * chest.aerated + airway_gas(chest) + bowel_gas(chest, pose, fat) + chest.gas
    water = body_thickness(chest, pose) * (1 + 0.012 * fat) - air + vessel_thickness(chest, vessels) + chest.solid
    jitter = stream(seed, "ribs", patient).normal(0, 0.12, (2, 14)).astype(np.float32)
    bone = rib_bone(chest, jitter) + spine_bone(chest) + clavicle_bone(chest) + shoulder_bone(chest, pose)
    return Scene(water, bone * anatomy.bone + chest.calcium, chest)
