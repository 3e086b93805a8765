"""What was measured: one figure a way, size and batch, as a row of the table and of the file."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench_parts.rows import Row
from rich.table import Table

from lucency.terminal import console

ITEM = "6"


@dataclass(frozen=True)
class Figure:
    """Time an image of one way to do something.

    Attributes:
        what: "inference", "training" and so on.
        way: how it is done.
        size: of the image, height and width.
        batch: images at a time.
        seconds: an image; None where it was not measured.
        other: way that it is compared with.
        other_seconds: an image, of that.
        share: of what the measured bandwidth allows at most.
        target: least speed, relative to `other`.
        note: why it was not measured, or what to know about it.
    """

    what: str
    way: str
    size: int
    batch: int
    seconds: float | None = None
    other: str = ""
    other_seconds: float | None = None
    share: float | None = None
    target: float | None = None
    note: str = ""

    @property
    def rate(self) -> float | None:
        """Images a second."""
        return 1 / self.seconds if self.seconds else None

    def row(self) -> Row:
        """In the schema that all benchmarks share."""
        return Row(
            item=ITEM,
            what=f"{self.what} at {self.size}, batch {self.batch}: {self.way}",
            peer=self.other,
            peer_ms=1000 * self.other_seconds if self.other_seconds else None,
            ours_ms=1000 * self.seconds if self.seconds else None,
            target=self.target,
            unit="ms an image",
            note=self.note,
        )

    def cells(self) -> list[str]:
        """Words for the table."""
        row = self.row()
        compared = f"{row.ratio:.2f} x {self.other}" if row.ratio is not None else ""
        goal = f"≥ {self.target:g}: {'met' if row.met else 'MISSED'}" if self.target and row.ratio is not None else ""
        rate = f"{self.rate:,.0f}" if self.rate else "-"
        share = f"{100 * self.share:.0f} %" if self.share is not None else ""
        return [self.what, str(self.size), str(self.batch), self.way, rate, compared, goal, share, self.note]


HEADINGS = ("what", "size", "batch", "way", "images/s", "speed", "target", "of the bandwidth", "")


def show(figures: Iterable[Figure], title: str) -> None:
    """Print the figures as one table."""
    table = Table(*HEADINGS, title=title)
    for figure in figures:
        table.add_row(*figure.cells())
    console().print(table)
