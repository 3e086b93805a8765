"""What only people can say of a model, read from small YAML files."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...errors import ConfigError, suggestion
from ...files import write_atomically
from .terms import JURISDICTIONS, MODALITIES, STATUSES, TEXT, USERS, USES


class Statements(BaseModel):
    """What a bundle says of all its models and whoever trained one says of it; what is empty is refused later.

    Attributes:
        link: address of the model or of its source.
        contact: whom to ask, an e-mail or postal address.
        published: date or year.
        license: of code and weights, such as ``Apache-2.0``.
        modalities: DICOM modalities that it reads.
        intended_uses: of `USES`.
        out_of_scope_uses: of `USES`.
        intended_users: of `USERS`.
        indications: condition, population and environment.
        limitations: known biases, gaps in the data, inputs that it was not made for.
        instructions: how to use it well.
        architecture: what kind of network.
        availability: where it can be had.
        clinical_risk_level: in words or by a scheme.
        training_data: what it was trained on.
        evaluation_data: what the report's images are.
        label_source: who or what gave the labels, in training and evaluation.
        regulatory: jurisdiction to status.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    link: str = Field("", max_length=256)
    contact: str = Field("", max_length=TEXT)
    published: date | int | None = None
    license: str = Field("", max_length=TEXT)
    modalities: tuple[str, ...] = ()
    intended_uses: tuple[str, ...] = ()
    out_of_scope_uses: tuple[str, ...] = ()
    intended_users: tuple[str, ...] = ()
    indications: str = Field("", max_length=TEXT)
    limitations: str = Field("", max_length=TEXT)
    instructions: str = Field("", max_length=TEXT)
    architecture: str = Field("", max_length=TEXT)
    availability: str = Field("", max_length=TEXT)
    clinical_risk_level: str = Field("", max_length=64)
    training_data: str = ""
    evaluation_data: str = Field("", max_length=TEXT)
    label_source: str = ""
    regulatory: dict[str, str] = {}

    @field_validator("*", mode="before")
    @classmethod
    def _blank(cls, value: Any) -> Any:
        """A text without the line breaks that YAML needs."""
        return " ".join(value.split()) if isinstance(value, str) else value

    @field_validator("modalities")
    @classmethod
    def _modalities(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _of(values, tuple(MODALITIES))

    @field_validator("intended_uses", "out_of_scope_uses")
    @classmethod
    def _uses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _of(values, USES)

    @field_validator("intended_users")
    @classmethod
    def _users(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _of(values, USERS)

    @field_validator("regulatory")
    @classmethod
    def _statuses(cls, values: dict[str, str]) -> dict[str, str]:
        _of(tuple(values), JURISDICTIONS)
        _of(tuple(values.values()), STATUSES)
        return values

    @field_validator("link")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and "://" not in value:
            raise ValueError(f"{value!r} is no address; write it with https://")
        return value


HEAD = """\
# What only people can say of this model, for lucency model-card. Everything is required; any key that the bundle's own
# docs/model_card.yaml has may stand here, too, and wins.
# Texts have at most 512 characters unless said otherwise; they may go over several indented lines.

"""
HINTS = {
    "link": "address of the model or its source, with https://",
    "contact": "whom to ask: e-mail or postal address",
    "published": "date such as 2026-12-31, or a year",
    "license": "of code and weights, such as Apache-2.0",
    "modalities": f"of {', '.join(MODALITIES)}",
    "intended_uses": f"of {', '.join(USES)}",
    "out_of_scope_uses": "of the same",
    "intended_users": f"of {', '.join(USERS)}",
    "indications": "which conditions, of which patients, where",
    "limitations": "known biases and failures, who is missing from the data, inputs that it was not made for",
    "instructions": "how to use it well",
    "architecture": "what kind of network",
    "availability": "where it can be had",
    "clinical_risk_level": "in words or by a scheme, at most 64 characters",
    "training_data": "what it was trained on, from where, how many patients; any length",
    "evaluation_data": "what the images of the report are, and how they differ from those it was trained on",
    "label_source": "who or what gave the labels, in training and in evaluation; any length",
    "regulatory": f"jurisdiction: status; of {', '.join(JURISDICTIONS)}; of {', '.join(STATUSES)}",
}


def start_statements(path: str | Path, given: Statements) -> Path:
    """Write a file of statements in which what nobody has said yet is to be filled in.

    Args:
        path: of the file.
        given: what the bundle says already.

    Raises:
        ConfigError: there is such a file already.
    """
    path = Path(path)
    if path.exists():
        raise ConfigError(f"{path}: is there already; fill it in, or name another by --statements")
    empty = {name: "[]" if name.endswith(("uses", "users", "modalities")) else "" for name in HINTS}
    empty["regulatory"] = "{}"
    wanted = [name for name, value in given if not value]
    return write_atomically(path, HEAD + "\n".join(f"# {HINTS[name]}\n{name}: {empty[name]}\n" for name in wanted))


def read_statements(*files: str | Path) -> Statements:
    """Read files of statements, later ones over earlier ones.

    Raises:
        ConfigError: one cannot be read, has an unknown key, a text that is too long, or a word that ATLAS does not
            know.
    """
    content: dict[str, Any] = {}
    for path in files:
        said = _said(path)
        _validated(said, path)
        content |= said
    return Statements.model_validate(content)


def _said(path: str | Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(path).read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: is not there; write it with lucency model-card --start, and fill it in") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read ({' '.join(str(error).split())}); write YAML") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no keys; start one elsewhere with lucency model-card --start and compare")
    for key in content:
        if key not in Statements.model_fields:
            raise ConfigError(f"{path}: unknown key {key!r}{suggestion(str(key), Statements.model_fields)}")
    return {key: value for key, value in content.items() if value not in (None, "", [], {})}


def _validated(content: dict[str, Any], path: str | Path) -> None:
    try:
        Statements.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {first['loc'][0]}: {first['msg'].removeprefix('Value error, ')}") from error


def _of(values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    for value in values:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}{suggestion(value, known)}")
    if len(set(values)) < len(values) and known is not STATUSES:
        raise ValueError("one is listed twice")
    return tuple(values)
