"""Numbers to places in the small vector drawings of the page: squares of side 100, with the origin at the top left."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .document import Bin

SIDE = 100.0


def path_of(points: Sequence[tuple[float, float]], top: float = 1.0) -> str:
    """SVG path through points of [0, top] x [0, top].

    Example:
        >>> path_of([(0, 0), (0.5, 1)])
        'M0 100L50 0'
    """
    places = [f"{_number(SIDE * x / top)} {_number(SIDE * (1 - y / top))}" for x, y in points]
    return "M" + "L".join(places) if places else ""


def place(value: float, low: float, high: float) -> float:
    """Where a value lies between two others, from 0 to 100; what lies outside is at the edge.

    Example:
        >>> place(0.75, 0.5, 1), place(2, 0.5, 1)
        (50.0, 100.0)
    """
    return round(SIDE * min(max((value - low) / (high - low), 0), 1), 2)


@dataclass(frozen=True)
class Reliability:
    """Places of the bins in a drawing whose axes both end at `top`: x, y of the share, and of its interval."""

    top: float
    bins: tuple[tuple[float, float, float, float], ...]

    @classmethod
    def of(cls, bins: Sequence[Bin]) -> "Reliability":
        """End the axes at the least of some round numbers that no bin's probability or share exceeds.

        Example:
            >>> from .measured import Measured
            >>> Reliability.of([Bin(images=9, probability=0.11, positives=Measured(value=0.1, low=0.05, high=0.4))]).top
            0.2
        """
        highest = max((max(one.probability, one.positives.value or 0) for one in bins), default=1)
        top = next(step for step in (0.05, 0.1, 0.2, 0.5, 1.0) if highest <= step)
        return cls(top, tuple(_bin(one, top) for one in bins))


@dataclass(frozen=True)
class Lines:
    """Curves over epochs: name and path of each, and what the ends of the axes stand for."""

    low: float
    high: float
    first: int
    last: int
    curves: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, history: Sequence[Mapping[str, float | None]], names: Sequence[str]) -> "Lines":
        """Draw columns of a training history; what is not known in an epoch is passed over.

        Example:
            >>> lines = Lines.of([{"epoch": 1, "loss": 0.4}, {"epoch": 3, "loss": 0.2}], ["loss"])
            >>> lines.curves, lines.low, lines.high
            ((('loss', 'M0 0L100 100'),), 0.2, 0.4)
        """
        epochs = [row["epoch"] or 0 for row in history]
        columns = {name: [row.get(name) for row in history] for name in names}
        values = [value for column in columns.values() for value in column if value is not None]
        low, high = min(values, default=0.0), max(values, default=1.0)
        span, width = (high - low) or 1.0, (epochs[-1] - epochs[0]) or 1.0
        curves = tuple(
            (
                name,
                path_of(
                    [
                        ((epoch - epochs[0]) / width, (value - low) / span)
                        for epoch, value in zip(epochs, column, strict=True)
                        if value is not None
                    ]
                ),
            )
            for name, column in columns.items()
        )
        return cls(low, high, int(epochs[0]), int(epochs[-1]), curves)


def _bin(one: Bin, top: float) -> tuple[float, float, float, float]:
    shares = [
        share if share is not None else math.nan
        for share in (one.positives.value, one.positives.low, one.positives.high)
    ]
    return place(one.probability, 0, top), *(SIDE - place(share, 0, top) for share in shares)  # type: ignore[return-value]


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
