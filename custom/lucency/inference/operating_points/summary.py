"""Operating points as people read them on a terminal."""

from rich.console import Console
from rich.table import Table

from ...files import first_few
from ...terminal import console as terminal
from ..site import Figure
from .measured_figures import FIGURES
from .set_points import PointsSet


def print_summary(points: PointsSet, console: Console | None = None) -> None:
    """Print a table of all points that were set, figures in percent with 95 % intervals, and every note."""
    console = console or terminal()
    table = Table(box=None, pad_edge=False)
    for name in ("finding", "rule", "threshold", "+ / -", *FIGURES):
        table.add_column(name, overflow="fold")
    for finding, rule in points.rules.items():
        point = points.site.operating_points.get(finding)
        if rule and point and point.evidence:
            counts = f"{point.evidence.positives} / {point.evidence.negatives}"
            figures = [_percent(getattr(point, name)) for name in FIGURES]
            table.add_row(finding, rule.name, f"{point.threshold:g}", counts, *figures)
    if table.row_count:
        console.print(table)
    raw = [finding for finding in points.site.operating_points if _is_raw(points, finding)]
    lines = [f"{finding}: {note}" for finding, note in points.notes.items()]
    if raw:
        lines.append(f"not calibrated, thresholds are of the network's own probability: {first_few(raw)}")
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _is_raw(points: PointsSet, finding: str) -> bool:
    calibration = points.site.calibration.get(finding)
    return calibration is None or calibration.name == "none"


def _percent(figure: Figure | None) -> str:
    return "-" if figure is None else f"{100 * figure.value:.1f} ({100 * figure.low:.1f}-{100 * figure.high:.1f})"
