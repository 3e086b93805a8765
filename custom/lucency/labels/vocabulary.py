"""What the findings are called, in every label source and in the terminologies of a PACS."""

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from ..errors import ConfigError, LabelError
from ..files import first_few
from .finding import Finding
from .findings_file import read_findings

NIH14 = (
    "atelectasis", "cardiomegaly", "consolidation", "edema", "effusion", "emphysema", "fibrosis", "hernia",
    "infiltration", "mass", "nodule", "pleural_thickening", "pneumonia", "pneumothorax",
)  # fmt: skip
"""Findings of NIH ChestX-ray14, by name, as the file has no columns."""

CHEXPERT14 = (
    "no_finding", "enlarged_cardiomediastinum", "cardiomegaly", "lung_opacity", "lung_lesion", "edema",
    "consolidation", "pneumonia", "atelectasis", "pneumothorax", "effusion", "pleural_other", "fracture",
    "support_devices",
)  # fmt: skip
"""Observations of CheXpert, in the order of the columns of its train.csv."""


class Vocabulary:
    """Findings by id and by the names that label sources give them.

    Args:
        findings: in the order of the file.
        sources: where the spellings of each label source stand, by the key of the source.

    Raises:
        ConfigError: an id given twice, a name given twice within a source, an unknown source, an unknown parent, or a
            finding among its own ancestors.
    """

    def __init__(self, findings: tuple[Finding, ...], sources: Mapping[str, str]) -> None:
        self.findings = findings
        self.sources = MappingProxyType(dict(sources))
        self._by_id: dict[str, Finding] = {}
        self._by_name: dict[str, dict[str, Finding]] = {source: {} for source in sources}
        for finding in findings:
            if self._by_id.setdefault(finding.id, finding) is not finding:
                raise ConfigError(f"vocabulary: finding '{finding.id}' is given twice; keep one entry")
            for source, spellings in finding.names.items():
                if source not in sources:
                    raise ConfigError(
                        f"vocabulary: finding '{finding.id}' has names of unknown source '{source}'; declare it"
                    )
                for spelling in spellings:
                    if spelling in self._by_name[source]:
                        other = self._by_name[source][spelling].id
                        raise ConfigError(
                            f"vocabulary: {source} '{spelling}' is given to '{other}' and to '{finding.id}'; keep one"
                        )
                    self._by_name[source][spelling] = finding
        for finding in findings:
            self._check_ancestors(finding)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all findings, in the order of the file."""
        return tuple(self._by_id)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def get(self, finding_id: str) -> Finding:
        """The finding with an id.

        Raises:
            LabelError: there is none; the nearest id is named.

        Example:
            >>> vocabulary().get("edema").snomed.value
            '19242006'
            >>> vocabulary().get("oedema")
            Traceback (most recent call last):
            ...
            lucency.errors.LabelError: 'oedema' is not a finding id; did you mean 'edema'?
        """
        if finding_id not in self._by_id:
            raise LabelError(f"'{finding_id}' is not a finding id; {_suggestion(finding_id, self._by_id)}")
        return self._by_id[finding_id]

    def find(self, source: str, name: str) -> Finding:
        """The finding that a label source calls by a name, spelt exactly as in its files.

        Raises:
            LabelError: unknown source, or no finding has that name there; the nearest name is named.

        Example:
            >>> vocabulary().find("chexpert14", "Pleural Effusion").id
            'effusion'
            >>> vocabulary().find("nih14", "Pleural Thickening")
            Traceback (most recent call last):
            ...
            lucency.errors.LabelError: 'Pleural Thickening' is not a label of nih14; did you mean 'Pleural_Thickening'?
        """
        if source not in self._by_name:
            raise LabelError(f"'{source}' is not a label source; {_suggestion(source, self._by_name)}")
        if name not in self._by_name[source]:
            raise LabelError(f"'{name}' is not a label of {source}; {_suggestion(name, self._by_name[source])}")
        return self._by_name[source][name]

    def ancestors(self, finding_id: str) -> tuple[str, ...]:
        """Ids of the broader findings, nearest first.

        Example:
            >>> vocabulary().ancestors("pneumonia")
            ('consolidation', 'lung_opacity')
        """
        parent = self.get(finding_id).parent
        return () if parent is None else (parent, *self.ancestors(parent))

    def _check_ancestors(self, finding: Finding) -> None:
        seen, parent = [finding.id], finding.parent
        while parent is not None:
            if parent not in self._by_id:
                raise ConfigError(
                    f"vocabulary: '{seen[-1]}' has unknown parent '{parent}'; {_suggestion(parent, self._by_id)}"
                )
            if parent in seen:
                raise ConfigError(f"vocabulary: {' > '.join([*seen, parent])} is a circle of parents; break it")
            seen.append(parent)
            parent = self._by_id[parent].parent


@functools.cache
def vocabulary() -> Vocabulary:
    """The findings of `findings.yaml`.

    Example:
        >>> set(NIH14) | set(CHEXPERT14) <= set(vocabulary().ids)
        True
    """
    return Vocabulary(*read_findings(Path(__file__).with_name("findings.yaml")))


def display_name(finding: str) -> str:
    """Name of a finding for people; its id where the vocabulary does not know it.

    Example:
        >>> display_name("effusion"), display_name("my_finding")
        ('Pleural effusion', 'my_finding')
    """
    known = vocabulary()
    return known.get(finding).display if finding in known.ids else finding


def _suggestion(text: str, known: Iterable[str]) -> str:
    """The nearest known text, compared without case, blanks and underscores, which are what people get wrong."""
    plain = {_plain(choice): choice for choice in known}
    near = difflib.get_close_matches(_plain(text), list(plain), n=1)
    return f"did you mean '{plain[near[0]]}'?" if near else f"known are {first_few(list(plain.values()), 15)}"


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").strip()
