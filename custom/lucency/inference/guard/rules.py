"""What the input guard looks for, and what follows when it finds it; every rule can be set by name."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

import pydicom.uid
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ...errors import ConfigError, suggestion
from .spellings import View

Outcome = Literal["accept", "warning", "refuse"]


def _uid(name: str) -> str:
    uid = name if name[:1].isdigit() else getattr(pydicom.uid, name, None)
    if not isinstance(uid, str) or not uid.replace(".", "").isdigit():
        raise ValueError(f"'{name}' is neither the UID nor the keyword of a SOP class")
    return str(uid)


class Rule(BaseModel):
    """A rule about something that is or is not.

    Attributes:
        other: outcome where the image is not as it should be.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    other: Outcome


class ValueRule(Rule):
    """A rule about the value of an element.

    Attributes:
        allowed: values that are accepted.
        other: outcome of any other value.
        missing: outcome where the header says nothing, or nothing readable.
    """

    allowed: tuple[str, ...] = Field(min_length=1)
    missing: Outcome


class TestimonyRule(ValueRule):
    """A rule about body part or view, of which several elements speak; the most trustworthy one is believed.

    Attributes:
        contradicted: outcome where a less trustworthy element says otherwise.
    """

    contradicted: Outcome


class SopClassRule(ValueRule):
    """SOP classes by pydicom's keyword or by UID."""

    @field_validator("allowed")
    @classmethod
    def _known(cls, allowed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_uid, allowed))


class ViewRule(TestimonyRule):
    """Views by the names of `View`."""

    allowed: tuple[View, ...] = Field(min_length=1)


class AgeRule(Rule):
    """A rule about the patient's age.

    Attributes:
        minimum: years; the outcome of anyone younger is `other`.
        missing: outcome where neither age nor date of birth is told.
    """

    minimum: float = Field(ge=0, le=130)
    missing: Outcome


class ChestRule(Rule):
    """A rule about what an image shows: `other` is the outcome of what surely is no frontal chest radiograph.

    Attributes:
        doubtful: outcome of what may be one and may be none.
    """

    doubtful: Outcome


class Rules(BaseModel):
    """All rules with their defaults: of the header in the order in which they are checked, then of the image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sop_class: SopClassRule = SopClassRule(
        allowed=(
            "ComputedRadiographyImageStorage",
            "DigitalXRayImageStorageForPresentation",
            "SecondaryCaptureImageStorage",  # of modality CR or DX, as many archives and public data sets have it
        ),
        other="refuse",
        missing="refuse",
    )
    modality: ValueRule = ValueRule(allowed=("CR", "DX"), other="refuse", missing="refuse")
    intent: ValueRule = ValueRule(allowed=("FOR PRESENTATION",), other="refuse", missing="accept")
    photometric: ValueRule = ValueRule(allowed=("MONOCHROME1", "MONOCHROME2"), other="refuse", missing="refuse")
    frames: Rule = Rule(other="refuse")
    species: ValueRule = ValueRule(allowed=("HUMAN", "HOMO SAPIENS"), other="refuse", missing="accept")
    body_part: TestimonyRule = TestimonyRule(
        allowed=("CHEST",), other="refuse", missing="warning", contradicted="warning"
    )
    view: ViewRule = ViewRule(
        allowed=("PA", "AP", "FRONTAL"), other="refuse", missing="warning", contradicted="warning"
    )
    age: AgeRule = AgeRule(minimum=18, other="warning", missing="accept")
    burned_in: Rule = Rule(other="warning")
    chest: ChestRule = ChestRule(other="refuse", doubtful="warning")
    orientation: Rule = Rule(other="warning")
    inversion: Rule = Rule(other="warning")


def read_rules(changes: Mapping[str, Any] | None = None) -> Rules:
    """Defaults with some rules changed.

    Args:
        changes: rule name to the parts of it that change, such as ``{"view": {"missing": "accept"}}``.

    Raises:
        ConfigError: an unknown rule, part, outcome or value.

    Example:
        >>> read_rules({"age": {"minimum": 16}}).age
        AgeRule(other='warning', minimum=16.0, missing='accept')
        >>> read_rules({"veiw": {}})
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: guard rules: 'veiw' is no rule; did you mean 'view'? (there are: sop_class, ...
    """
    settings = Rules().model_dump()
    for name, change in (changes or {}).items():
        if name not in settings:
            raise ConfigError(
                f"guard rules: '{name}' is no rule{suggestion(str(name), settings)} (there are: {', '.join(settings)})"
            )
        if not isinstance(change, Mapping):
            raise ConfigError(f"guard rules: {name} is {change!r:.40}; give a mapping of {', '.join(settings[name])}")
        settings[name] |= change
    try:
        return Rules.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        rule, *part = map(str, first["loc"])
        if first["type"] == "extra_forbidden":
            wanted = list(Rules().model_dump()[rule])
            raise ConfigError(
                f"guard rules: {rule} has no '{part[0]}'{suggestion(part[0], wanted)} (there are: {', '.join(wanted)})"
            ) from error
        raise ConfigError(f"guard rules: {rule}.{'.'.join(part)}: {first['msg']}; mend this value") from error


def _choice(name: str, known: Collection[str]) -> str:
    return f"{suggestion(name, known)} (there are: {', '.join(known)})"
