"""A model card before it is written: metadata, statements and report, complete or refused."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...errors import ConfigError
from ..report.report import Report
from .statements import Statements, read_statements

METADATA = "configs/metadata.json"
DATA_LICENSE = "docs/data_license.txt"
STATEMENTS = "docs/model_card.yaml"
FROM_METADATA = {  # key: longest text that ATLAS takes
    "name": 256,
    "version": 128,
    "task": 512,
    "description": 2500,
    "authors": 128,
    "copyright": 512,
    "intended_use": 512,
    "data_type": 256,
    "image_classes": 250,
    "pred_classes": 512,
    "references": 512,
}
SHORTEST = {"name": 4, "version": 2, "authors": 2}


@dataclass(frozen=True)
class ModelCard:
    """Everything that a card says.

    Attributes:
        metadata: of the bundle.
        statements: what people say.
        data_license: text of the bundle's `docs/data_license.txt`.
        report: the evaluation.
    """

    metadata: dict[str, Any]
    statements: Statements
    data_license: str
    report: Report

    @classmethod
    def collect(cls, bundle: str | Path, report: str | Path, statements: str | Path | None = None) -> "ModelCard":
        """Read what a card is made of and make sure that nothing is missing.

        Args:
            bundle: its folder.
            report: `report.json` of `write_report`.
            statements: file of what is said beyond the bundle's own `docs/model_card.yaml`.

        Raises:
            ConfigError: a file cannot be read, a required field is empty (all are named) or too long, or the report
                is of another model.
        """
        bundle = Path(bundle)
        metadata = _metadata(bundle / METADATA)
        own = [bundle / STATEMENTS] if (bundle / STATEMENTS).is_file() else []
        written = read_statements(*own, *([statements] if statements else []))
        license_file = bundle / DATA_LICENSE
        data_license = license_file.read_text().strip() if license_file.is_file() else ""
        empty = {
            METADATA: [key for key in FROM_METADATA if not _text(metadata.get(key))],
            str(statements or bundle / STATEMENTS): [key for key, value in written if not value],
            DATA_LICENSE: [] if data_license else ["the data licence"],
        }
        if missing := [f"{', '.join(keys)} (in {file})" for file, keys in empty.items() if keys]:
            raise ConfigError(f"{bundle}: no model card, as these are empty: {'; '.join(missing)}; fill them in")
        for key, longest in FROM_METADATA.items():
            texts = metadata[key] if isinstance(metadata[key], list) else [metadata[key]]
            for text in texts:
                if not SHORTEST.get(key, 1) <= len(str(text)) <= longest:
                    raise ConfigError(
                        f"{bundle / METADATA}: {key} has {len(str(text))} characters; RSNA ATLAS takes "
                        f"{SHORTEST.get(key, 1)} to {longest}: mend it"
                    )
        card = cls(metadata, written, data_license, _report(Path(report)))
        card._check_model(bundle, report)
        return card

    def _check_model(self, bundle: Path, report: str | Path) -> None:
        model = self.report.model
        if model is None:
            raise ConfigError(
                f"{report}: does not say of which model it is; evaluate with the bundle, which writes that"
            )
        ours = (bundle.resolve().name, str(self.metadata["version"]))
        if (model.name, model.version) != ours:
            raise ConfigError(
                f"{report}: is of {model.name} {model.version}, but the bundle is {ours[0]} {ours[1]}; "
                "evaluate this one and report again"
            )


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value or "").strip()


def _metadata(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); give the folder of a bundle") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: is no JSON object; give the folder of a bundle")
    return content


def _report(path: Path) -> Report:
    try:
        return Report.model_validate_json(path.read_text())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: is no report ({where}: {first['msg']}); write one with lucency report") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); write it with lucency report") from error
