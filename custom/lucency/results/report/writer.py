"""Writing a report: one HTML page, and the same as JSON beside it."""

import json
import re
from pathlib import Path

from ...errors import ConfigError
from ...files import write_atomically
from .additions import Additions, ReportSettings
from .build import build_report
from .characteristics import CHARACTERISTICS, with_characteristics
from .devices import read_devices
from .other_model import model_beside
from .page import draw_page
from .pictures import HeatMaps, picture_failures
from .provenance import collect_provenance
from .report import Report
from .scored_images import ScoredImages, scores_file

PAIR = re.compile(r"\[\n\s+([-\d.e]+),\n\s+([-\d.e]+)\n\s+\]")


def write_report(
    evaluation: str | Path,
    out: str | Path,
    *,
    run: str | Path | None = None,
    settings: ReportSettings | None = None,
    additions: Additions | None = None,
    heat_maps: HeatMaps | None = None,
) -> Path:
    """Write a report of scored images as `out`, a page that needs no other file, and as JSON beside it.

    All figures are made anew from the scores; the same scores and settings give the same bytes. Images with an unknown
    label take no part in the figures of that finding.

    Args:
        evaluation: output folder of the evaluate workflow, or a score table: one row an image with ``patient``,
            ``target_<finding>`` (1, 0 or nothing) and ``probability_<finding>``; ``file`` for pictures and comparison;
            ``sex``, ``age``, ``view``, ``source`` and ``device`` for subgroups.
        out: the HTML file; ``report.html`` comes with ``report.json``.
        run: checkpoint folder of the training run, for provenance and training curve.
        settings: how it is made.
        additions: calibration, operating points, another model, study table, rates of label errors.
        heat_maps: draws heat maps over the radiographs of failures.

    Returns:
        Path of the page.

    Raises:
        TableError, LabelError, LucencyError: the scores cannot be used; the message says why.
        ConfigError: `out` ends in ``.json``, `run` is no folder, or `settings.by` names no column.
    """
    out, settings, additions = Path(out), settings or ReportSettings(), additions or Additions()
    if out.suffix == ".json":
        raise ConfigError(
            f"{out}: is the name of the JSON that comes with the page; name the page, such as report.html"
        )
    images = ScoredImages.read(evaluation)
    file = scores_file(evaluation)
    files, tables, scores = {"scores": file}, {}, images.table
    if study := additions.study_table:
        scores = with_characteristics(scores, study.frame, [*CHARACTERISTICS, *settings.by])
        tables[study.name] = study.fingerprint
    if settings.devices and "device" not in scores:
        scores = scores.assign(device=read_devices(scores))
    images = images.described(scores)
    model = model_beside(file)
    decisions = additions.decide(images, model)
    if decisions.calibrate:
        images = images.calibrated(decisions.calibrate)
    if additions.other:
        files["other scores"] = additions.other.file
    report = build_report(
        images,
        model=model,
        provenance=collect_provenance(
            files,
            tables=tables,
            run=Path(run) if run else None,
            replicates=settings.replicates,
            seed=settings.seed,
        ),
        settings=settings,
        additions=additions,
        decisions=decisions,
    )
    failures, pictures = picture_failures(report.failures, heat_maps)
    report = report.model_copy(update={"failures": tuple(failures), "heat_maps": heat_maps.method if heat_maps else ""})
    write_atomically(out.with_suffix(".json"), _as_json(report))
    return write_atomically(out, draw_page(report, pictures))


def _as_json(report: Report) -> str:
    """Indented, but for the points of curves, which would take four lines each."""
    text = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False)
    return PAIR.sub(r"[\1, \2]", text) + "\n"
