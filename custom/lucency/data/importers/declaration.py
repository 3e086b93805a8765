"""What an archive says of its own labels: which findings, what every raw value means, and what silence means."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import ConfigError
from ...labels import LabelState, vocabulary


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The meaning of one archive's label file; an importer reads by it and by nothing else.

    Attributes:
        source: column `source` of the study table, and name of the importer.
        title: name of the archive and of the files that are read.
        words: finding id of each label as the file spells it; several labels may mean one finding.
        values: state of each raw cell as it stands in the file, where cells hold codes; empty where labels are words
            that are either there or not.
        silence: state of a finding that a row does not name or leaves blank: unmentioned if nobody had to decide,
            negative if every reader was asked about every finding.
        reason: why silence means that.
        left_out: labels of the file that mean none of the vocabulary's findings, each with the reason; known words, so
            no error, but nothing is made of them.
        reference: publication.

    Raises:
        ConfigError: a finding id or a state that does not exist, or silence that is neither negative nor unmentioned.

    Example:
        >>> Declaration(
        ...     source="siim", title="SIIM-ACR", words={"EncodedPixels": "pneumothorax"}, values={"-1": "negative"},
        ...     silence="unmentioned", reason="an image without a row was not read", reference="SIIM-ACR 2019",
        ... ).findings
        ('pneumothorax',)
    """

    source: str
    title: str
    words: Mapping[str, str]
    values: Mapping[str, str]
    silence: str
    reason: str
    reference: str
    left_out: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for finding in self.words.values():
            vocabulary().get(finding)
        for state in self.values.values():
            _check(state in list(LabelState), f"{self.source}: '{state}' is no label state")
        _check(
            self.silence in (LabelState.UNMENTIONED, LabelState.NEGATIVE),
            f"{self.source}: silence is '{self.silence}'; it can mean unmentioned or negative",
        )
        both = sorted(set(self.words) & set(self.left_out))
        _check(not both, f"{self.source}: '{''.join(both[:1])}' is declared and left out; keep one")

    @property
    def findings(self) -> tuple[str, ...]:
        """Ids of the findings that the source labels, each once, in the order of `words`."""
        return tuple(dict.fromkeys(self.words.values()))


def _check(right: bool, complaint: str) -> None:
    if not right:
        raise ConfigError(f"declaration of {complaint}")
