"""What a site asks of a threshold, finding by finding, as people write it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast, get_args

from ...bundle.keys import suggestion
from ...errors import ConfigError
from ..site import RuleKind
from ..yaml_mapping import read_mapping

EVERY_OTHER = "default"
NO_POINT = "none"


@dataclass(frozen=True)
class Rule:
    """How a threshold is chosen.

    Attributes:
        kind: ``youden`` maximises sensitivity + specificity - 1 (Youden, 1950); ``sensitivity``, ``specificity`` and
            ``ppv`` are reached at least; ``alert_rate``, the share of all images called present, is kept at most;
            ``given`` takes the target as the threshold.
        target: share in (0, 1], for ``given`` in [0, 1]; none for ``youden``.

    Raises:
        ConfigError: unknown kind, or a target that is missing or outside its range.

    Example:
        >>> Rule.parse("sensitivity=0.95")
        Rule(kind='sensitivity', target=0.95)
        >>> Rule.parse("sensitivity=95")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: rule 'sensitivity 95': the target lies outside (0, 1]; give a share such as 0.95
    """

    kind: RuleKind
    target: float | None = None

    def __post_init__(self) -> None:
        kinds = get_args(RuleKind)
        if self.kind not in kinds:
            raise ConfigError(
                f"rule {self.kind!r}: is none of {', '.join(kinds)} or {NO_POINT}{suggestion(self.kind, kinds)}"
            )
        if self.kind == "youden":
            if self.target is not None:
                raise ConfigError(f"rule {self.name!r}: takes no target; write youden")
        elif self.target is None:
            raise ConfigError(f"rule {self.kind!r}: has no target; write for example {self.kind}=0.95")
        elif not (0 < self.target <= 1 or (self.kind == "given" and self.target == 0)):
            interval = "[0, 1]" if self.kind == "given" else "(0, 1]"
            raise ConfigError(f"rule {self.name!r}: the target lies outside {interval}; give a share such as 0.95")

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.kind if self.target is None else f"{self.kind} {self.target:g}"

    @property
    def needs_labels(self) -> bool:
        """Whether the choice depends on labels; a budget of alerts and a given threshold do not."""
        return self.kind not in ("alert_rate", "given")

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """Read ``kind`` or ``kind=target``."""
        kind, equals, target = (part.strip() for part in text.partition("="))
        try:
            return cls(cast(RuleKind, kind), float(target) if equals else None)
        except ValueError as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"rule {text!r}: {target!r} is no number; write for example {kind}=0.95") from error


@dataclass(frozen=True)
class Rules:
    """Rules of findings, and the one of all others.

    Attributes:
        by_finding: finding id to rule; ``None`` takes an operating point away.
        default: rule of every finding that is not named; ``None`` leaves these as they are.
    """

    by_finding: dict[str, Rule | None] = field(default_factory=dict)
    default: Rule | None = None

    def choices(self, findings: Sequence[str]) -> dict[str, Rule | None]:
        """Give each finding that a rule speaks of its rule, in the order of `findings`.

        Raises:
            ConfigError: a rule of a finding that is not there.

        Example:
            >>> Rules({"mass": None}, Rule("youden")).choices(["edema", "mass"])
            {'edema': Rule(kind='youden', target=None), 'mass': None}
        """
        for finding in self.by_finding:
            if finding not in findings:
                raise ConfigError(f"rule of {finding!r}: there are no scores of it{suggestion(finding, findings)}")
        named = [finding for finding in findings if finding in self.by_finding or self.default]
        return {finding: self.by_finding.get(finding, self.default) for finding in named}


def parse_rules(texts: Sequence[str]) -> Rules:
    """Read rules, each ``RULE``, ``FINDING:RULE`` or a YAML file that maps findings, or ``default``, to rules.

    A rule is ``youden``, ``sensitivity=X``, ``specificity=X``, ``ppv=X``, ``alert_rate=X``, ``given=X`` or ``none``.

    Raises:
        ConfigError: a text is no rule, a finding has two, or a file cannot be read.

    Example:
        >>> rules = parse_rules(["sensitivity=0.95", "mass:ppv=0.5", "hernia:none"])
        >>> rules.default, rules.by_finding
        (Rule(kind='sensitivity', target=0.95), {'mass': Rule(kind='ppv', target=0.5), 'hernia': None})
    """
    parsed: dict[str, Rule | None] = {}
    for text in texts:
        for finding, rule in _read_file(text) if text.endswith((".yaml", ".yml")) else [_split(text)]:
            if finding in parsed:
                raise ConfigError(f"rule of {finding!r}: is given twice; keep one")
            parsed[finding] = None if rule == NO_POINT else Rule.parse(rule)
    if not parsed:
        raise ConfigError("no rule is given; write for example --rule sensitivity=0.95")
    default = parsed.pop(EVERY_OTHER, None)
    return Rules(parsed, default)


def _split(text: str) -> tuple[str, str]:
    finding, colon, rule = (part.strip() for part in text.partition(":"))
    return (finding, rule) if colon else (EVERY_OTHER, finding)


def _read_file(path: str) -> list[tuple[str, str]]:
    remedy = "write one a line, as 'pneumothorax: ppv=0.5'"
    content = read_mapping(path, remedy)
    for finding, rule in content.items():
        if not isinstance(rule, str):
            raise ConfigError(f"{path}: {finding}: {rule!r} is no rule; {remedy}")
    return [(str(finding), rule) for finding, rule in content.items()]
