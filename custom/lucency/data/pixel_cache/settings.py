"""What the pixels of a cache follow from, besides the files."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ...errors import ConfigError

READING_RULES = 1
"""Changes whenever `read_radiograph` or `build_rows` would give other pixels of the same file."""

Fit = Literal["pad", "crop"]


@dataclass(frozen=True)
class PixelSettings:
    """How a file becomes a row of a pixel cache; other settings are another cache, in a folder of its own.

    Args:
        spatial_size: S, height and width in pixels, 1 or more.
        fit: "pad" the shorter side with black, or "crop" to the centred square.
        exact: whether JPEG 2000 is decoded at full resolution; otherwise it may be at a reduced one.
        depth: bits a pixel, 8 or 16.
        stretch: whether the darkest pixel of each image becomes 0 and the brightest 1, as by MONAI's `ScaleIntensity`;
            otherwise 0 and 1 are the ends of its grey-level window.

    Raises:
        ConfigError: a setting that is none of these.

    Example:
        >>> settings = PixelSettings(224)
        >>> settings.name, settings.shape, settings.dtype, settings.levels
        ('224-pad-exact-8bit-stretched-rules1', (1, 224, 224), dtype('uint8'), 255)
    """

    spatial_size: int
    fit: Fit = "pad"
    exact: bool = True
    depth: Literal[8, 16] = 8
    stretch: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.spatial_size, bool) or not isinstance(self.spatial_size, int) or self.spatial_size < 1:
            raise ConfigError(f"pixel cache: spatial_size is {self.spatial_size!r}; give pixels a side, such as 224")
        if self.fit not in ("pad", "crop"):
            raise ConfigError(f"pixel cache: fit is {self.fit!r}; use pad or crop")
        if isinstance(self.depth, bool) or self.depth not in (8, 16):
            raise ConfigError(f"pixel cache: depth is {self.depth!r}; use 8 or 16 bits a pixel")

    @property
    def name(self) -> str:
        """Name of the folder that holds rows of these settings and of the present reading rules."""
        decoded = "exact" if self.exact else "reduced"
        range_ = "stretched" if self.stretch else "window"
        return f"{self.spatial_size}-{self.fit}-{decoded}-{self.depth}bit-{range_}-rules{READING_RULES}"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one row, (1, S, S)."""
        return 1, self.spatial_size, self.spatial_size

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of its pixels; 16 bits are little-endian on every machine."""
        return np.dtype("u1" if self.depth == 8 else "<u2")

    @property
    def levels(self) -> int:
        """The value that stands for 1.0."""
        return int(2**self.depth - 1)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.spatial_size**2 * self.depth // 8

    def content(self) -> dict[str, Any]:
        """What `cache.json` says of the settings."""
        return {**asdict(self), "reading_rules": READING_RULES}
