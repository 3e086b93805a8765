"""Reading the file of findings: every key known, every type right, every source declared."""

import difflib
import re
from collections.abc import Hashable, Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from ..errors import ConfigError
from .finding import Code, Finding

SCHEMES = {"snomed": "SCT", "radlex": "RADLEX", "dicom": "DCM"}
"""Coding Scheme Designators (DICOM PS3.16 table 8-1) by the key in the file."""

_PATTERNS = {"snomed": r"[1-9]\d{5,17}", "radlex": r"RID\d+", "dicom": r"\d{6}"}


def read_findings(path: Path) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """Findings and label sources of a file such as `findings.yaml`.

    Args:
        path: YAML with the keys `sources`, `references` and `findings`.

    Returns:
        The findings in the order of the file; where the spellings of each label source stand.

    Raises:
        ConfigError: no YAML; a key missing, unknown or given twice; a value of the wrong type; a code that its
            terminology cannot have; a reference that is not declared.

    Example:
        >>> findings, sources = read_findings(Path(__file__).with_name("findings.yaml"))
        >>> findings[0].id, findings[0].names["nih14"], sorted(sources)[0]
        ('atelectasis', ('Atelectasis',), 'chexpert14')
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), UniqueKeyLoader)  # noqa: S506  # a SafeLoader
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path.name}: cannot be read as YAML ({' '.join(str(error).split())})") from error
    reader = _Reader(path.name)
    content = reader.mapping(content, "the file", {"sources", "references", "findings"})
    sources = reader.mapping(content["sources"], "sources", set(), None)
    reader.references = reader.mapping(content["references"], "references", set(), None)
    if not isinstance(content["findings"], list):
        raise ConfigError(f"{path.name}: findings must be a list, each entry starting with '- id:'")
    findings = tuple(reader.finding(entry) for entry in content["findings"])
    return findings, {source: reader.text(sources, source, "sources") for source in sources}


class UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys in silence; this loader refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping of a node; a `ConfigError` or YAML error names a key that it has twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


class _Reader:
    """Checks the entries of one file; every error names the file and the finding."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.references: Mapping[str, str] = {}

    def finding(self, entry: object) -> Finding:
        optional = {"parent", *SCHEMES}
        values = self.mapping(entry, f"an entry of findings ({entry!r:.40})", {"id", "display", "names"}, optional)
        where = f"finding '{values['id']}'"
        parent = self.mapping(values["parent"], f"{where} parent", {"id", "source"}) if "parent" in values else None
        names = self.mapping(values["names"], f"{where} names", set(), None)
        return Finding(
            id=self.text(values, "id", where),
            display=self.text(values, "display", where),
            parent=self.text(parent, "id", where) if parent else None,
            parent_source=self.reference(parent, where) if parent else None,
            names=MappingProxyType({source: self.spellings(names[source], where, source) for source in names}),
            **{key: self.code(key, values[key], where) if key in values else None for key in SCHEMES},
        )

    def code(self, key: str, entry: object, where: str) -> Code:
        values = self.mapping(entry, f"{where} {key}", {"code", "meaning", "source"})
        code = self.text(values, "code", where)
        if not re.fullmatch(_PATTERNS[key], code):
            raise ConfigError(f"{self.file}: {where}: '{code}' is no {key} code; look it up in the reference")
        return Code(SCHEMES[key], code, self.text(values, "meaning", where), self.reference(values, where))

    def reference(self, values: Mapping[str, Any], where: str) -> str:
        key = self.text(values, "source", where)
        if key not in self.references:
            raise ConfigError(f"{self.file}: {where}: source '{key}' is not declared; add it to references")
        return self.text(self.references, key, "references")

    def spellings(self, values: object, where: str, source: str) -> tuple[str, ...]:
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            raise ConfigError(f"{self.file}: {where}: names of {source} must be a list of texts, not {values!r}")
        return tuple(values)

    def text(self, values: Mapping[str, Any], key: str, where: str) -> str:
        value = values[key]
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{self.file}: {where}: {key} must be a text, not {value!r}; put it in quotes")
        return value

    def mapping(
        self, value: object, where: str, required: Set[str], optional: Set[str] | None = frozenset()
    ) -> dict[str, Any]:
        """`value` as a dict that has the required keys and, unless `optional` is None, no unknown ones."""
        if not isinstance(value, dict):
            raise ConfigError(f"{self.file}: {where} must be a mapping, not {value!r:.60}")
        for key in sorted(required - set(value)):
            raise ConfigError(f"{self.file}: {where} lacks the key '{key}'; add it")
        for key in value:
            if optional is not None and key not in required | optional:
                near = difflib.get_close_matches(str(key), sorted(required | optional), n=1)
                hint = (
                    f"did you mean '{near[0]}'?" if near else f"known keys are {', '.join(sorted(required | optional))}"
                )
                raise ConfigError(f"{self.file}: {where} has the unknown key '{key}'; {hint}")
        return value
