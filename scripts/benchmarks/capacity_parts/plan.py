"""From rates to time, storage and cost of an archive."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .driver import Driver

MS_PER_HOUR = 3_600_000
GB = 1e9


@dataclass(frozen=True)
class Circumstances:
    """What the reader has.

    Attributes:
        cores: processors of all machines together.
        efficiency: share of the time in which each does useful work, in (0, 1].
        gb_per_s: what the storage of the archive delivers to all of them together.
        price: of a core for an hour, in whatever currency.
    """

    cores: int
    efficiency: float
    gb_per_s: float
    price: float | None


def core_hours(images: int, ms: float, here: Circumstances) -> float:
    """Hours that one core would take: N t / e."""
    return images * ms / MS_PER_HOUR / here.efficiency


def hours(images: int, ms: float, file_bytes: float, here: Circumstances) -> float:
    """Hours on all cores, or those in which the files can be delivered, whichever is more."""
    delivered = images * file_bytes / (here.gb_per_s * GB) / 3600
    return max(core_hours(images, ms, here) / here.cores, delivered)


def rows(
    rates: Mapping[str, tuple[float, float]], row_bytes: Mapping[str, int], driver: Driver, here: Circumstances
) -> dict[str, Callable[[int], float]]:
    """What is asked of an archive of N images, each a function of N.

    Args:
        rates: what is done to a file: CPU-ms an image, and bytes of a file.
        row_bytes: name of a pixel cache: bytes an image.
        driver: bytes a file, of the process that holds the table.
        here: what the reader has.
    """
    table: dict[str, Callable[[int], float]] = {}
    for what, (ms, file_bytes) in rates.items():
        table[f"{what}: core-hours"] = lambda n, ms=ms: core_hours(n, ms, here)
        table[f"{what}: hours on {here.cores} cores"] = lambda n, ms=ms, size=file_bytes: hours(n, ms, size, here)
        if (price := here.price) is not None:
            table[f"{what}: cost"] = lambda n, ms=ms, price=price: core_hours(n, ms, here) * price
    for name, size in row_bytes.items():
        table[f"pixel cache, {name}: GB"] = lambda n, size=size: n * size / GB
    table["driver of a prediction, memory: GB"] = lambda n: n * driver.memory / GB
    table["journal, while a prediction runs: GB"] = lambda n: n * driver.journal / GB
    table["predictions.csv and .json: GB"] = lambda n: n * driver.tables / GB
    return table


def markdown(table: Mapping[str, Callable[[int], float]], sizes: Sequence[int]) -> str:
    """The rows for archives of these sizes."""
    lines = [["", *(f"{size:,}" for size in sizes)], ["---", *("---:" for _ in sizes)]]
    lines += [[what, *(f"{amount(size):,.3g}" for size in sizes)] for what, amount in table.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
