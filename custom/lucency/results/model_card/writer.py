"""Writing a model card: Markdown for people, RSNA ATLAS JSON for catalogues."""

import json
from pathlib import Path
from typing import Any

import jinja2

from ...files import write_atomically
from ...labels import display_name
from ..report.measured import Measured
from ..templates import environment
from .atlas import atlas_card
from .card import ModelCard

HERE = Path(__file__).parent


def write_model_card(
    bundle: str | Path, report: str | Path, out: str | Path, *, statements: str | Path | None = None
) -> tuple[Path, Path]:
    """Write `MODEL_CARD.md` and `model_card.json` (RSNA ATLAS, schema 2026-12) from a bundle and its report.

    Args:
        bundle: folder with `configs/metadata.json` and `docs/data_license.txt`.
        report: `report.json` that `write_report` wrote of this bundle's model.
        out: folder to write into.
        statements: what only people know, beyond the bundle's own `docs/model_card.yaml`.

    Returns:
        Paths of both files.

    Raises:
        ConfigError: a required field is empty, then all of these are named; a text is too long; a file cannot be read;
            or the report is of another model.
    """
    card = ModelCard.collect(bundle, report, statements)
    text = _template().render(card=card, said=card.statements, metadata=card.metadata, report=card.report)
    atlas = json.dumps(atlas_card(card), indent=2, ensure_ascii=False)
    return (
        write_atomically(Path(out) / "MODEL_CARD.md", text),
        write_atomically(Path(out) / "model_card.json", atlas + "\n"),
    )


def _interval(measured: Measured) -> str:
    if measured.value is None:
        return "–"
    if measured.low is None or measured.high is None:
        return f"{measured.value:.3f}"
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"


def _cell(value: Any) -> str:
    """Text for one cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _template() -> jinja2.Template:
    templates = environment(HERE, html=False)
    templates.filters |= {"interval": _interval, "cell": _cell, "name": display_name}
    return templates.get_template("card.md.j2")
