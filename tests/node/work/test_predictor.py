"""The node's answer is that of `lucency predict`, and its recipe says when a report is another one."""

import json

import pydicom
import pytest
from typer.testing import CliRunner

from lucency.cli import command_line
from lucency.errors import ConfigError
from lucency.node.work.bundle_parts import BundleParts
from lucency.node.work.predictor import Predictor
from lucency.node.work.products import Products
from lucency.results import ResultDocument
from node.work.tiny import KEYS
from support import BUNDLE, FINDINGS, as_arguments

SMALL = 1_500_000


def documented(folder, tiny, out):
    options = {"bundle": BUNDLE, "weights": tiny / "model.pt", "out": out, "workers": 0, "backend": "torch"}
    others = {"site": tiny / "site.yaml", "progress_bar": False, **KEYS}
    arguments = ["predict", str(folder), "--sr", *as_arguments({**options, **others})]
    assert CliRunner().invoke(command_line(), arguments, catch_exceptions=False).exit_code == 0
    return ResultDocument.model_validate_json((out / "predictions.json").read_text()).results


def test_every_file_of_the_corpus_gets_the_answer_of_predict(corpus, copied, tiny, radiographs, settings_of, tmp_path):
    files = sorted(file for file in corpus.glob("*/*") if file.stat().st_size < SMALL)
    folder = copied([*radiographs, *files])
    predictor = Predictor(settings_of(site=tiny / "site.yaml"))
    products = Products(predictor.parts)
    expected = documented(folder, tiny, tmp_path / "out")
    assert {result.status for result in expected} == {"ok", "refused", "failed", "skipped"}
    compared = 0
    for number, before in enumerate(expected):
        result, image = predictor.predict(folder / before.file)
        assert result.model_dump(exclude={"findings", "notes"}) == before.model_dump(exclude={"findings", "notes"})
        assert tuple(image.shape) == (1, 64, 64)
        assert [f.decision for f in result.findings] == [f.decision for f in before.findings]
        raw = [f.raw_probability for f in before.findings]
        assert [f.raw_probability for f in result.findings] == pytest.approx(raw, abs=1e-6)
        if before.status == "ok" and not before.notes:
            products.report(result, folder / before.file, tmp_path / str(number))
            ours = pydicom.dcmread(tmp_path / str(number) / "1-report.dcm")
            assert ours.SOPInstanceUID == pydicom.dcmread(tmp_path / "out" / "sr" / before.file).SOPInstanceUID
            compared += 1
    assert compared >= 5


def report_uid(predictor, file, folder):
    result, _ = predictor.predict(file)
    Products(predictor.parts).report(result, file, folder)
    return pydicom.dcmread(folder / "1-report.dcm").SOPInstanceUID


def test_the_recipe_changes_with_the_report_and_only_then(settings_of, radiographs, tiny, tmp_path):
    first = settings_of()
    other_weights = tmp_path / "other.pt"
    other_weights.write_bytes((tiny / "model.pt").read_bytes() + b"\0")  # other bytes of the same network
    changed = [
        first,
        settings_of(sr_class="ComprehensiveSR"),
        settings_of(clinical_use=True),
        settings_of(site=tiny / "site.yaml"),
        settings_of(overrides={**KEYS, "image_size": 32}),
        settings_of(weights=other_weights),
    ]
    same = [settings_of(backend="auto"), settings_of(overrides={**KEYS, "check_image": False})]
    recipes, uids = [], []
    for number, settings in enumerate([*changed, *same]):
        predictor = Predictor(settings)
        recipes.append(predictor.recipe)
        uids.append(report_uid(predictor, radiographs[0], tmp_path / str(number)))
    assert len(set(recipes)) == len(set(uids)) == len(changed)
    for number in range(len(changed), len(recipes)):
        assert (recipes[number], uids[number]) == (recipes[0], uids[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bundle": "nowhere"}, "nowhere: not a bundle"),
        ({"weights": "nowhere.pt"}, "nowhere.pt: no weights there"),
        ({"overrides": {"image_sise": 64}}, "'image_sise': no such key; did you mean 'image_size'"),
        ({"overrides": {**KEYS, "findings": FINDINGS[:2]}}, "made for another network"),
        ({"backend": "onnxruntime"}, "exports"),
        ({"site": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_what_does_not_fit_is_one_line(settings_of, changes, message):
    with pytest.raises(ConfigError, match=message):
        Predictor(settings_of(**changes))


def test_heat_maps_and_fhir_are_written_by_choice(settings_of, tiny, radiographs, tmp_path):
    predictor = Predictor(settings_of(heatmaps=True, fhir=tmp_path / "fhir", site=tiny / "site.yaml"))
    result, image = predictor.predict(radiographs[0])
    products, folder = Products(predictor.parts), tmp_path / "products"
    products.report(result, radiographs[0], folder)
    products.heatmaps(result, radiographs[0], image, folder)
    products.fhir(result, folder)
    assert sorted(file.name for file in folder.iterdir()) == ["1-report.dcm", "2-heatmap-effusion.dcm", "fhir.json"]
    picture = pydicom.dcmread(folder / "2-heatmap-effusion.dcm")
    assert picture.StudyInstanceUID == pydicom.dcmread(radiographs[0]).StudyInstanceUID
    assert json.loads((folder / "fhir.json").read_text())["resourceType"] == "Bundle"


def test_without_the_options_there_is_a_report_only(settings_of, radiographs, tmp_path):
    predictor = Predictor(settings_of())
    result, image = predictor.predict(radiographs[0])
    products, folder = Products(predictor.parts), tmp_path / "products"
    products.report(result, radiographs[0], folder)
    products.heatmaps(result, radiographs[0], image, folder)
    products.fhir(result, folder)
    assert [file.name for file in folder.iterdir()] == ["1-report.dcm"]


@pytest.mark.parametrize(
    "bundle", sorted(file.parents[1].name for file in BUNDLE.parent.glob("*/configs/inference.yaml"))
)
def test_the_parts_that_a_node_needs_are_those_of_every_bundle(settings_of, bundle):
    parts = BundleParts(settings_of(bundle=BUNDLE.parent / bundle, heatmaps=True, overrides={"image_size": 64}))
    for key in ("model", "assessment", "preprocessing", "guard", "inferer", "postprocessing", "device", "engine"):
        assert parts.get(key) is not None
    assert parts.get("image_size") == 64
    Products(parts)
