"""Which part of an image goes into a smaller one, of which size."""

from typing import Literal, NamedTuple

from .area import AreaWeights, area_weights

Fit = Literal["pad", "crop"]

_SPARE = 1.9
"""So much larger than the result a reduced image must be, to differ from the full one by less than a grey level."""


class Stretch(NamedTuple):
    """What is taken along one axis: from `start` to `stop`, in pixels, for `size` output pixels out of `pixels`."""

    pixels: int
    start: float
    stop: float
    size: int

    def weights(self, halvings: int = 0) -> AreaWeights:
        r"""Weights of the axis' pixels, or of those of a JPEG 2000 image of half its size, several times over.

        A sample k of the r-th lower resolution lies where sample $2^r k$ of the full one does, and not in the middle
        of the block that it stands for; as pixels, the samples are therefore shifted by $-(2^r - 1) / 2^{r+1}$.

        Example:
            >>> Stretch(pixels=8, start=0, stop=8, size=2).weights(halvings=1).weights.tolist()
            [[0.375, 0.5, 0.125], [0.375, 0.625, 0.0]]
        """
        block = 2**halvings
        shift = (block - 1) / (2 * block)
        return area_weights(-(-self.pixels // block), self.size, self.start / block + shift, self.stop / block + shift)


def framing(shape: tuple[int, ...], spatial_size: int, fit: Fit = "pad") -> tuple[Stretch, Stretch]:
    """Lay out what becomes of an image.

    Args:
        shape: rows and columns of the image.
        spatial_size: of the longest side of the result (``pad``), or of all of its sides (``crop``).
        fit: ``pad`` takes the whole image and keeps its aspect ratio, for someone else to pad it; ``crop`` takes the
            largest centred square.

    Returns:
        The stretches along the rows' index and along the columns' index.

    Example:
        >>> [stretch.size for stretch in framing((3000, 2500), 224)]
        [224, 187]
        >>> framing((3000, 2500), 224, "crop")[0]
        Stretch(pixels=3000, start=250.0, stop=2750.0, size=224)
    """
    if fit == "crop":
        sizes = [spatial_size, spatial_size]
        margins = [(side - min(shape)) / 2 for side in shape]
    else:
        sizes = [max(1, round(side * spatial_size / max(shape))) for side in shape]  # as MONAI's Resize does
        margins = [0.0, 0.0]
    rows, columns = (
        Stretch(side, cut, side - cut, size) for side, cut, size in zip(shape, margins, sizes, strict=True)
    )
    return rows, columns


def halvings(shape: tuple[int, ...], spatial_size: int) -> int:
    """Say how often an image may be halved before it is averaged to `spatial_size`.

    Example:
        >>> [halvings(shape, 224) for shape in ((3056, 2544), (1024, 1024), (300, 200))]
        [2, 1, 0]
    """
    times = 0
    while min(shape) / 2 ** (times + 1) >= _SPARE * spatial_size:
        times += 1
    return times
