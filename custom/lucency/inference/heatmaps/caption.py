"""What stands below a heat map: finding, probability, decision, scale, model, and that it is not for clinical use."""

from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ...labels import display_name
from ...results.schema import NOTICE, FindingResult
from .overlay import STRONGEST_ALPHA, colours_of

FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"  # the same on every machine
NARROWEST = 480  # pixels that the text needs
BAR = "\0"  # stands for the colour bar in a line
GREY = 128  # radiograph below the colour bar


def caption(result: FindingResult, scale: str, source: str) -> list[str]:
    """Lines of text; the first is the heading.

    Args:
        result: probability and decision.
        scale: what stands below the colours, with `BAR` in their place, or that there are none.
        source: method, layer and model.

    Example:
        >>> result = FindingResult(finding="effusion", probability=0.71, raw_probability=0.4, calibration="platt")
        >>> for line in caption(result, "no place stands out", "Grad-CAM of features, model 1.0"):
        ...     print(line)
        Pleural effusion
        probability 0.710 (platt), no operating point
        no place stands out
        Grad-CAM of features, model 1.0
        NOT FOR CLINICAL USE
    """
    name = display_name(result.finding)
    calibration = "not calibrated" if result.calibration == "none" else result.calibration
    decided = (
        "no operating point"
        if result.threshold is None
        else f"threshold {result.threshold:.3f} ({result.operating_point or 'given'})"
    )
    return [
        name if result.decision is None else f"{name}: {result.decision}",
        f"probability {result.probability:.3f} ({calibration}), {decided}",
        scale,
        source,
        NOTICE.split(".")[0],
    ]


def add_caption(picture: NDArray[np.uint8], lines: list[str]) -> NDArray[np.uint8]:
    """Put lines of text below a picture, on black; a line that is too long is set smaller.

    Args:
        picture: (rows, columns, 3); centred where it is narrower than the text.
        lines: see `caption`.

    Returns:
        The taller picture, at least `NARROWEST` wide.
    """
    rows, columns = picture.shape[:2]
    width = max(columns, NARROWEST)
    size = max(14, width // 45)
    heights = [round(1.9 * size), *[round(1.5 * size)] * (len(lines) - 1)]
    canvas = Image.new("RGB", (width, rows + sum(heights) + size))
    canvas.paste(Image.fromarray(picture), ((width - columns) // 2, 0))
    draw = ImageDraw.Draw(canvas)
    top = rows + size // 2
    for number, (line, height) in enumerate(zip(lines, heights, strict=True)):
        _draw_line(canvas, draw, line, (size, top), round(1.35 * size) if number == 0 else size)
        top += height
    return np.asarray(canvas)


def _draw_line(canvas: Image.Image, draw: ImageDraw.ImageDraw, line: str, corner: tuple[int, int], size: int) -> None:
    (left, top), bar = corner, _bar(8 * size, size)
    room = canvas.width - 2 * left - (bar.width if BAR in line else 0)
    font = _font(size)
    if (length := font.getlength(line.replace(BAR, ""))) > room:
        font = _font(max(6, int(size * room / length)))
    before, found, after = line.partition(BAR)
    draw.text((left, top), before, fill="white", font=font)
    if found:
        left += round(font.getlength(before))
        canvas.paste(bar, (left, top + size // 6))
        draw.text((left + bar.width, top), after, fill="white", font=font)


def _bar(width: int, height: int) -> Image.Image:
    """The colours as they look over medium grey, so that they can be compared with the picture."""
    strength = np.linspace(0, 1, width)
    alpha = STRONGEST_ALPHA * strength[:, None]
    row = (1 - alpha) * GREY + alpha * 255 * colours_of(strength)
    return Image.fromarray(np.tile(np.rint(row).astype(np.uint8), (height, 1, 1)))


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)
