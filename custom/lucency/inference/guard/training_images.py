"""Images to train the image check on: variations of given ones, and images that show no chest at all."""

import torch
from torch import Tensor
from torch.nn import functional as F


def varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Vary images as devices and hospitals do.

    Position, saturation, shading, lines and tubes, sharpness, noise, markers and collimation change. Neither gamma nor
    contrast nor brightness does, because `prepare` sees none of them.

    Args:
        images: (B, 1, S, S) float32 in [0, 1].
        generator: source of all chance.

    Returns:
        Same shape, float32 in [0, 1].
    """
    images = _moved(images, generator)
    images = _shaded(_saturated(images, generator), generator)
    images = _sharpness(_wired(images, generator), generator)
    return _framed(_marked(images, generator), generator)


def no_chests(chests: Tensor, generator: torch.Generator) -> Tensor:
    """Make images that are no frontal chest radiograph: small details of chests, textures, shapes, writing.

    Args:
        chests: (B, 1, S, S) in [0, 1], to take details from.
        generator: source of all chance.

    Returns:
        Same shape; each image is of a kind drawn at random.
    """
    makers = (_detail, _clouds, _shapes, _writing)
    kinds = torch.randint(len(makers), (len(chests),), generator=generator).tolist()
    made = [makers[kind](chest[0], generator) for kind, chest in zip(kinds, chests, strict=True)]
    return torch.stack(made)[:, None]


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)


def _some(count: int, share: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) < share)[:, None, None, None]


def _moved(images: Tensor, generator: torch.Generator) -> Tensor:
    count = (len(images),)
    angle = torch.randn(count, generator=generator) * 0.09  # radians; mostly below 10 degrees
    zoom = _uniform(count, 0.75, 1.25, generator)  # of what is seen
    aspect = _uniform(count, -0.2, 0.2, generator).exp()
    shift = _uniform((*count, 2), -0.1, 0.1, generator)
    cos, sin = zoom * angle.cos(), zoom * angle.sin()
    rows = torch.stack([cos * aspect, -sin, shift[:, 0], sin, cos / aspect, shift[:, 1]], dim=1).view(-1, 2, 3)
    moved = F.grid_sample(
        images, F.affine_grid(rows, list(images.shape), False), padding_mode="border", align_corners=False
    )
    return torch.where(_some(len(images), 0.8, generator), moved, images)


def _saturated(images: Tensor, generator: torch.Generator) -> Tensor:
    flat = images.flatten(1).sort(1).values
    last = flat.shape[1] - 1
    low = (_uniform((len(images), 1), 0, 0.15, generator) * last).long()
    high = last - (_uniform((len(images), 1), 0, 0.15, generator) * last).long()
    clamped = images.clamp(flat.gather(1, low)[..., None, None], flat.gather(1, high)[..., None, None])
    return torch.where(_some(len(images), 0.5, generator), clamped, images)


def _shaded(images: Tensor, generator: torch.Generator) -> Tensor:
    """Add a smooth field, as scatter, pads and the slope of a bed do."""
    coarse = torch.randn((len(images), 1, 3, 3), generator=generator) * _uniform(
        (len(images), 1, 1, 1), 0, 0.2, generator
    )
    return (images + F.interpolate(coarse, size=images.shape[-2:], mode="bilinear", align_corners=True)).clamp(0, 1)


def _wired(images: Tensor, generator: torch.Generator) -> Tensor:
    """Lay bright circular arcs over the image, as electrodes' wires and tubes."""
    images, size = images.clone(), images.shape[-1]
    rows, columns = torch.arange(size)[:, None], torch.arange(size)[None]
    for index in _some(len(images), 0.4, generator).flatten().nonzero().flatten().tolist():
        for _ in range(int(torch.randint(1, 6, (), generator=generator))):
            (row, column), radius = (
                _uniform((2,), -0.5, 1.5, generator) * size,
                _uniform((), 0.1, 1.5, generator) * size,
            )
            arc = ((rows - row).hypot(columns - column) - radius).abs() < _uniform((), 0.4, 1.2, generator)
            images[index, 0] += arc * _uniform((), 0.1, 0.5, generator)
    return images.clamp(0, 1)


def _sharpness(images: Tensor, generator: torch.Generator) -> Tensor:
    """Blur or sharpen, and add noise."""
    detail = images - F.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    images = images + _uniform((len(images), 1, 1, 1), -1, 2, generator) * detail
    level = _uniform((len(images), 1, 1, 1), 0, 0.08, generator) * _some(len(images), 0.5, generator)
    return (images + level * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def _marked(images: Tensor, generator: torch.Generator) -> Tensor:
    """Write a bright marker somewhere near the edge, on either side: its place must not tell left from right."""
    images, size = images.clone(), images.shape[-1]
    for index in _some(len(images), 0.4, generator).flatten().nonzero().flatten().tolist():
        height, width = torch.randint(size // 24, size // 8, (2,), generator=generator).tolist()
        row = int(torch.randint(size - height, (1,), generator=generator))
        column = int(torch.randint(size // 5, (1,), generator=generator))
        if torch.rand((), generator=generator) < 0.5:
            column = size - width - column
        images[index, 0, row : row + height, column : column + width] = _uniform((), 0.6, 1, generator)
    return images


def _framed(images: Tensor, generator: torch.Generator) -> Tensor:
    """Collimate: a frame of one grey, rarely the same at all sides."""
    size, count = images.shape[-1], len(images)
    place = torch.arange(size)
    start, end = (_uniform((count, 2, 1), -0.1, 0.12, generator).clamp(min=0) * size for _ in range(2))
    inside = (place >= start) & (place < size - end)
    inside = (inside[:, 0, :, None] & inside[:, 1, None, :])[:, None]
    grey = torch.where(_some(count, 0.8, generator), 0.02, 1.0)
    return torch.where(inside | ~_some(count, 0.4, generator), images, grey)


def _detail(chest: Tensor, generator: torch.Generator) -> Tensor:
    size = len(chest)
    side = int(_uniform((), 0.12, 0.3, generator) * size)
    row, column = torch.randint(size - side, (2,), generator=generator).tolist()
    part = chest[None, None, row : row + side, column : column + side]
    return F.interpolate(part, size=(size, size), mode="bilinear")[0, 0]


def _clouds(chest: Tensor, generator: torch.Generator) -> Tensor:
    """Noise whose spectrum falls with frequency by a random power: from white noise to a smooth gradient."""
    size = len(chest)
    frequency = torch.fft.fftfreq(size)[:, None].hypot(torch.fft.rfftfreq(size)[None]).clamp(min=1 / size)
    spectrum = torch.fft.rfft2(torch.randn(chest.shape, generator=generator))
    clouds = torch.fft.irfft2(spectrum / frequency ** _uniform((), 0, 3, generator), s=chest.shape)
    stretched: Tensor = (clouds - clouds.min()) / (clouds.max() - clouds.min())
    return stretched


def _shapes(chest: Tensor, generator: torch.Generator) -> Tensor:
    size = len(chest)
    image = torch.full_like(chest, float(torch.rand((), generator=generator)))
    rows, columns = torch.arange(size)[:, None] / size, torch.arange(size)[None] / size
    for _ in range(int(torch.randint(1, 7, (), generator=generator))):
        row, column, height, width, grey = torch.rand(5, generator=generator).tolist()
        away = ((rows - row) / (height / 2 + 0.02)).abs(), ((columns - column) / (width / 2 + 0.02)).abs()
        round_or_square = away[0].hypot(away[1]) if torch.rand((), generator=generator) < 0.6 else torch.max(*away)
        image = torch.where(round_or_square < 1, grey, image)
    return image


def _writing(chest: Tensor, generator: torch.Generator) -> Tensor:
    """Lines of strokes, dark on light or light on dark."""
    size, pitch = len(chest), int(torch.randint(4, 12, (), generator=generator))
    strokes = (torch.rand(chest.shape, generator=generator) < 0.5).float()
    lines = (torch.arange(size) % pitch < pitch // 2)[:, None]
    ends = torch.randint(size // 3, size, (size // pitch + 1,), generator=generator).repeat_interleave(pitch)[:size]
    page = torch.where(lines & (torch.arange(size)[None] < ends[:, None]), strokes, 0.0)
    return page if torch.rand((), generator=generator) < 0.5 else 1 - page
