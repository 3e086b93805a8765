"""One self-contained HTML page about a test run: figures with intervals, ROC curves, example images, provenance."""

import base64
import json
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from ..errors import TableError
from ..files import write_atomically
from ..labels import vocabulary
from ..transforms import read_radiograph
from .evaluation import EVERYTHING, MACRO, PROBABILITY, TARGET, scored_findings
from .figures import example_rows, history_figure, image_png, roc_figure


def write_report(
    evaluation: str | Path, out: str | Path, *, run: str | Path | None = None, title: str = "Lucency test report"
) -> Path:
    """Write a report of what the evaluate workflow left in a folder.

    Args:
        evaluation: folder with `scores.csv` and `metrics.csv`.
        out: the HTML file; it needs no other file to be shown.
        run: checkpoint folder with `history.csv` and `run.json`, for the training curve and the provenance.
        title: heading.

    Returns:
        Path of the page.

    Raises:
        TableError: the folder does not hold the tables.
    """
    folder = Path(evaluation)
    scores, metrics = _table(folder / "scores.csv"), _table(folder / "metrics.csv")
    findings = scored_findings(scores)
    display = {finding: vocabulary().get(finding).display for finding in findings}
    overall = metrics[metrics.group == EVERYTHING].set_index("finding")
    page = _template().render(
        title=title,
        overall=overall.loc[MACRO],
        rows=[(display[f], overall.loc[f]) for f in findings],
        undefined=[display[f] for f in overall.index[overall["auroc"].isna()] if f != MACRO],
        groups=[(g, r) for g, r in metrics[metrics.finding == MACRO].set_index("group").iterrows() if g != EVERYTHING],
        roc=_embed(roc_figure(scores, overall, display)),
        examples=[_example(row, display) for _, row in example_rows(scores, findings).iterrows()],
        **_provenance(Path(run) if run else None),
    )
    return write_atomically(out, page)


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype={"patient": str, "file": str})
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path}: not readable ({error}); run the evaluate workflow with this output_dir first"
        ) from error


def _provenance(run: Path | None) -> dict[str, Any]:
    record, history = None, None
    if run and (run / "run.json").is_file():
        record = json.loads((run / "run.json").read_text())
    if run and (run / "history.csv").is_file():
        history = _embed(history_figure(pd.read_csv(run / "history.csv")))
    return {"record": record, "history": history}


def _example(row: "pd.Series[Any]", display: dict[str, str]) -> dict[str, Any]:
    known = {1.0: "present", 0.0: "absent"}
    ranked = sorted(display, key=lambda finding: -row[PROBABILITY + finding])
    present = [finding for finding in display if row[TARGET + finding] == 1]
    shown = list(dict.fromkeys([*present, *ranked[:3]]))
    try:
        picture = _embed(image_png(read_radiograph(row["file"])))
    except Exception:  # the images may lie on another machine than the scores
        picture = None
    lines = [(display[f], row[PROBABILITY + f], known.get(row[TARGET + f], "unknown")) for f in shown]
    return {"picture": picture, "name": Path(row["file"]).name, "lines": lines}


def _embed(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("lucency.results", "."), autoescape=True)
    environment.filters["figure"] = lambda value: "–" if pd.isna(value) else f"{value:.3f}"
    return environment.get_template("report.html.j2")
