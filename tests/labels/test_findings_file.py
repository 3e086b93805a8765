import re
from pathlib import Path

import pytest
import yaml

from lucency.errors import ConfigError
from lucency.labels import Code, findings_file
from lucency.labels.findings_file import read_findings

GOOD = """\
sources: {nih14: file}
references: {dicom: PS3.16, used: paper}
findings:
  - id: edema
    display: Edema
    parent: {id: opacity, source: used}
    names: {nih14: [Edema]}
    snomed: {code: "19242006", meaning: Pulmonary edema, source: dicom}
  - id: opacity
    display: Opacity
    names: {}
"""


def read(tmp_path, text):
    path = tmp_path / "findings.yaml"
    path.write_text(text)
    return read_findings(path)


def test_a_file_is_read_in_order(tmp_path):
    (edema, opacity), sources = read(tmp_path, GOOD)
    assert (edema.id, edema.parent, edema.parent_source, opacity.id) == ("edema", "opacity", "paper", "opacity")
    assert edema.names == {"nih14": ("Edema",)}
    assert edema.snomed == Code(scheme="SCT", value="19242006", meaning="Pulmonary edema", source="PS3.16")
    assert (edema.radlex, opacity.snomed, opacity.parent) == (None, None, None)
    assert sources == {"nih14": "file"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("display: Edema", "dsplay: Edema", "lacks the key 'display'"),
        ("display: Edema", "display: Edema\n    radlx: {}", "unknown key 'radlx'; did you mean 'radlex'?"),
        ("display: Edema", "display: Edema\n    display: Oedema", "key 'display' is given twice"),
        ("display: Edema", "display: 3", "finding 'edema': display must be a text, not 3"),
        ("{id: opacity, source: used}", "opacity", "finding 'edema' parent must be a mapping"),
        ("source: used", "source: memory", "finding 'edema': source 'memory' is not declared"),
        ("[Edema]", "Edema", "finding 'edema': names of nih14 must be a list of texts"),
        ("[Edema]", "[1]", "finding 'edema': names of nih14 must be a list of texts"),
        ("[Edema]", "[]", "finding 'edema': names of nih14 must be a list of texts"),
        ('"19242006"', "19242006", "code must be a text, not 19242006; put it in quotes"),
        ('"19242006"', '"RID5"', "'RID5' is no snomed code"),
        (", source: dicom", "", "finding 'edema' snomed lacks the key 'source'"),
        ("sources: {nih14: file}", "", "the file lacks the key 'sources'"),
        ("sources: {nih14: file}", "sources: {nih14: [file}", "cannot be read as YAML"),
        ("sources: {nih14: file}", "sources: nih14", "sources must be a mapping"),
        (GOOD[GOOD.index("  - id") :], "  id: edema", "findings must be a list"),
        (GOOD, "- edema", "the file must be a mapping"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError, match=re.escape(message)) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert str(error.value).startswith("findings.yaml: ")
    assert "\n" not in str(error.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"findings\.yaml: cannot be read"):
        read_findings(tmp_path / "findings.yaml")


def test_every_declared_reference_and_source_is_used():
    path = Path(findings_file.__file__).with_name("findings.yaml")
    content = yaml.safe_load(path.read_text())
    findings, _ = read_findings(path)
    codes = [code for finding in findings for code in (finding.snomed, finding.radlex, finding.dicom) if code]
    used = {code.source for code in codes} | {finding.parent_source for finding in findings if finding.parent}
    assert used == set(content["references"].values())
    assert {source for finding in findings for source in finding.names} == set(content["sources"])
