"""The report as one HTML page that needs no other file and prints to A4."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from ...labels import display_name
from ..templates import environment
from .document import FindingGap, Subgroup
from .drawing import Lines, Reliability, path_of, place
from .measured import Measured
from .remarks import distinct_groups
from .report import Report

HERE = Path(__file__).parent
SHORTEST_DIGEST = 12
MOST_GAPS = 12
CHARACTERISTICS = {"age": "age in years", "device": "device (maker and model)", "source": "source of the images"}


def draw_page(report: Report, pictures: Sequence[str]) -> str:
    """Draw the page.

    Args:
        report: what it says.
        pictures: data URI of each failure, empty where there is none.
    """
    points = {point.finding: point for point in report.operating_points}
    areas = [figure.auroc for figure in (*report.figures, report.average)]
    return _template().render(
        style=Markup((HERE / "page.css").read_text()),  # noqa: S704 - our own file, which has no tag in it
        report=report,
        cohort=report.cohort,
        points=points,
        floor=_floor(areas),
        reliability={curve.finding: Reliability.of(curve.reliability) for curve in report.curves},
        figures={figure.finding: figure for figure in report.figures},
        gaps=_largest_gaps(report.subgroups),
        most_gaps=MOST_GAPS,
        reach=_reach([group.gap for group in report.subgroups]),
        characteristics=list(dict.fromkeys(group.characteristic for group in report.subgroups)),
        failures=_by_finding(report, pictures),
        training=_training(report.provenance.history),
        compared_reach=_reach([row.difference for row in report.comparison.rows]) if report.comparison else 0.0,
    )


def _floor(areas: Sequence[Measured]) -> float:
    """Where the scale of AUROCs starts: 0.5, or lower if an interval does."""
    return min([0.5, *(int(10 * area.low) / 10 for area in areas if area.low is not None)])


def _reach(gaps: Sequence[Measured]) -> float:
    """Largest bound of some differences, so that all fit on one scale."""
    bounds = [abs(bound) for gap in gaps for bound in (gap.low, gap.high) if bound is not None]
    return max(bounds, default=0.0) or 1.0


def _largest_gaps(subgroups: Sequence[Subgroup]) -> list[tuple[Subgroup, FindingGap]]:
    """Findings of subgroups whose gap leaves zero out, widest first."""
    found = [
        (group, finding)
        for group in distinct_groups(subgroups)
        for finding in group.findings
        if finding.gap.excludes_zero
    ]
    return sorted(found, key=lambda pair: -abs(pair[1].gap.value or 0))[:MOST_GAPS]


def _by_finding(report: Report, pictures: Sequence[str]) -> dict[str, list[tuple[Any, str]]]:
    shown: dict[str, list[tuple[Any, str]]] = {}
    for failure, picture in zip(report.failures, pictures, strict=True):
        shown.setdefault(failure.finding, []).append((failure, picture))
    return shown


def _training(history: Sequence[Mapping[str, float | None]]) -> list[tuple[str, Lines]]:
    if not history:
        return []
    validation = [name for name in history[0] if name.startswith("val_")]
    drawn = [("training loss", ["loss"]), ("validation", validation)]
    return [(title, Lines.of(history, names)) for title, names in drawn if names]


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def _p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _template() -> jinja2.Template:
    templates = environment(HERE, html=True)
    templates.filters |= {
        "signed": _signed,
        "p_value": _p_value,
        "name": lambda finding: "Average" if finding == "average" else display_name(finding),
        "grouped": lambda number: f"{number:,}",
        "path": path_of,
        "digest": lambda text: text[:SHORTEST_DIGEST],
        "heading": lambda name: CHARACTERISTICS.get(name, name),
    }
    templates.globals["place"] = place
    return templates.get_template("page.html.j2")
