"""From a case to its picture."""

from ...errors import ConfigError
from .case import PhantomCase, sample_case
from .detector import Exposure, expose
from .overlay import finish
from .prevalence import Prevalence
from .scene import compose
from .shapes import Field
from .streams import stream


def render(
    index: int, seed: int = 0, size: int = 512, prevalence: Prevalence = "enriched"
) -> tuple[Field, PhantomCase]:
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
        ((64, 64), 'float32', 'PHANTOM-1-000002')
    """
    case = sample_case(index, seed, prevalence)
    return draw(case, size), case


def draw(case: PhantomCase, size: int = 512) -> Field:
    """Draw a case, e.g. one whose findings were changed with `dataclasses.replace`.

    Args:
        case: what to draw.
        size: pixels a side, 32 or more.

    Raises:
        ConfigError: the size is too small.
    """
    if size < 32:
        raise ConfigError(f"phantom size {size} is too small to hold a chest; use 32 or more")
    scene = compose(case, size)
    exposure = Exposure.sample(stream(case.seed, "exposure", case.index), case.view)
    noise = stream(case.seed, "noise", case.index)
    image = expose(scene.water, scene.bone, exposure, scene.chest.grid.pixel, noise)
    return finish(image, scene.chest.grid, stream(case.seed, "overlay", case.index), case.view)
