"""Real radiographs that nobody labelled (MedNIST, 64 pixels) teach beside a source that labels some."""

from zipfile import ZipFile

import pandas as pd
import yaml

from lucency.bundle import run_bundle
from lucency.data.assembling import assemble, write_assembly
from lucency.data.importers import read_source
from lucency.data.phantom import write_phantom
from support import BUNDLE as SPML
from support import TINY

BUNDLE = SPML.with_name("cxr_label_assemble_classification")
FINDINGS = ["cardiomegaly", "effusion"]
SOURCES = {
    "labelled": {"importer": "table", "labels": "labelled/truth.csv", "images": "labelled", "keep": FINDINGS},
    "pool": {"importer": "images", "images": "pool", "findings": FINDINGS, "patient_from": "file"},
}


def test_a_pool_of_real_images_teaches_without_a_label(real_data, tmp_path):
    with ZipFile(real_data / "mednist_64" / "cxr_unlabelled_64.zip") as archive:
        archive.extractall(tmp_path / "pool", [name for name in archive.namelist() if name.endswith(".jpeg")][:16])
    write_phantom(tmp_path / "labelled", images=40, size=64, format="png", workers=1, progress=False)
    for name, source in SOURCES.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**source, "source": name}))
    sources, shares = [read_source(tmp_path / f"{name}.yaml") for name in SOURCES], {"train": 0.6, "val": 0.4}
    assembly = assemble(sources, folder=tmp_path, split=shares)
    write_assembly(assembly, tmp_path / "table.csv", split=shares, seed=0, command="", inputs=[])

    run = {"findings": FINDINGS, "dataset_dir": str(tmp_path), "ckpt_dir": str(tmp_path / "run"), "max_epochs": 1}
    workflow = run_bundle(BUNDLE, "train", overrides={**TINY, **run})
    content = workflow.parser.get_parsed_content
    dataset = content("train#dataset")
    pool = [place for place, record in enumerate(dataset.data) if record["source"] == "pool"]
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(pool) == ((table.source == "pool") & (table.split == "train")).sum() >= 4
    weak, targets, (strong,), _ = content("train#prepare_batch")(dataset.batch(pool))
    assert targets.isnan().all()
    assert (weak.flatten(1).std(dim=1) > 0.05).all()  # real images, not blank ones
    loss, network = content("loss"), content("network").train()
    value = loss(content("train#inferer")(weak, network, strong), targets)
    assert loss.parts["bce"] == 0 < value
    value.backward()
    assert network.get_parameter("features.conv0.weight").grad.abs().max() > 0
