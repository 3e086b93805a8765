"""`monai.bundle.load`, and the network in every form that a package offers."""

import hashlib
import json
import zipfile

import numpy as np
import pytest
import torch
import yaml
from monai.bundle import ConfigParser, ConfigWorkflow, ckpt_export, download_large_files, load, verify_net_in_out
from monai.data import load_net_with_metadata

from bundles.conftest import study as study
from lucency.release.golden import BundlePipeline, golden_images


@pytest.fixture(scope="module")
def pipeline(package):
    return BundlePipeline(package.folder)


@pytest.fixture(scope="module")
def images(pipeline):
    return pipeline.preprocess(golden_images(pipeline.bundle)).as_subclass(torch.Tensor)


@pytest.fixture(scope="module")
def logits(pipeline, images):
    with torch.inference_mode():
        return pipeline.network(pipeline.weights)(images)


@pytest.mark.parametrize("kind", ["train", "inference"])
def test_load_gives_the_trained_network(kind, package, images, logits):
    folder = package.folder
    network = load(folder.name, bundle_dir=folder.parent, workflow_type=kind, device="cpu").eval()
    with torch.inference_mode():
        torch.testing.assert_close(network(images), logits, atol=1e-5, rtol=0)


def test_load_gives_the_torchscript_with_its_metadata(package, images, logits):
    folder = package.folder
    network, metadata, _ = load(folder.name, bundle_dir=folder.parent, load_ts_module=True, device="cpu")
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(images), logits, atol=1e-5, rtol=0)
    assert metadata == json.loads((folder / "configs" / "metadata.json").read_text())


def test_onnx_takes_any_number_of_images(package, images, logits):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(package.folder / "models" / "model.onnx")
    (name,) = [entry.name for entry in session.get_inputs()]
    for count in (1, len(images)):
        (answer,) = session.run(None, {name: images[:count].numpy()})
        np.testing.assert_allclose(answer, logits[:count], atol=1e-4)


def test_exported_program_takes_any_number_of_images(package, images, logits, caplog):
    program = torch.export.load(package.folder / "models" / "model.pt2").module()
    assert "weights_only=False" not in caplog.text
    for count in (1, len(images)):
        with torch.inference_mode():
            torch.testing.assert_close(program(images[:count]), logits[:count], atol=1e-5, rtol=0)


def test_model_files_hold_no_path_of_the_machine_that_made_them(package):
    places = [str(folder).encode() for folder in (np.__path__[0].rpartition("/")[0], package.folder.parent)]
    for file in (package.folder / "models").iterdir():
        contents = [file.read_bytes()]
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        assert not [place for place in places for content in contents if place in content], file.name


def test_checksums_are_those_of_the_files_and_monai_accepts_them(package):
    entries = yaml.safe_load((package.folder / "large_files.yml").read_text())["large_files"]
    assert {entry["path"] for entry in entries} == {
        f"models/{file.name}" for file in (package.folder / "models").iterdir()
    }
    for entry in entries:
        digest = hashlib.sha256((package.folder / entry["path"]).read_bytes()).hexdigest()
        assert (entry["hash_type"], entry["hash_val"]) == ("sha256", digest)
    download_large_files(str(package.folder))  # compares the sums of what is there


def test_ckpt_export_reads_the_weights(package, tmp_path, images, logits):
    folder = package.folder
    ckpt_export(
        net_id="network_def",
        filepath=str(tmp_path / "again.ts"),
        ckpt_file=str(folder / "models" / "model.pt"),
        meta_file=str(folder / "configs" / "metadata.json"),
        config_file=str(folder / "configs" / "inference.json"),
        key_in_ckpt="",
    )
    network, _, _ = load_net_with_metadata(str(tmp_path / "again.ts"))
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(images), logits, atol=1e-5, rtol=0)


def test_a_realtime_host_finds_an_evaluator_that_runs_and_the_data_to_set(package, tmp_path):
    parser = ConfigParser()
    parser.read_config(str(package.folder / "configs" / "inference.json"))
    places = {"bundle_root": package.folder, "dataset_dir": package.folder / "golden", "output_dir": tmp_path}
    parser.update({key: str(place) for key, place in places.items()})
    assert callable(parser.get_parsed_content("evaluator").run)
    files = {record["file"] for record in parser.get_parsed_content("dataset").data}
    assert files >= {image.name for image in golden_images(package.folder)}


def test_network_takes_and_gives_what_the_metadata_say(package):
    configs = package.folder / "configs"
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(configs / "metadata.json"),
        config_file=str(configs / "inference.json"),
        device="cpu",
    )


@pytest.mark.parametrize(("name", "kind"), [("train", "train"), ("inference", "infer")])
def test_monai_finds_every_property_it_requires(name, kind, package, study, tmp_path):
    workflow = ConfigWorkflow(
        config_file=str(package.folder / "configs" / f"{name}.json"),
        workflow_type=kind,
        bundle_root=str(package.folder),
        dataset_dir=str(study),
        batch_size=8,
        **({"output_dir": str(tmp_path)} if kind == "infer" else {}),
    )
    workflow.initialize()
    assert workflow.check_properties() == []
    assert not (package.folder / "eval").exists()
