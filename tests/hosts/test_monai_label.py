"""What MONAI Label's bundle tasks read and set, written anew: inference and training."""

import json

import numpy as np
import torch
from monai.bundle import ConfigParser
from monai.inferers import Inferer
from monai.transforms import Compose, LoadImaged
from PIL import Image

from lucency.release.golden import BundlePipeline
from support import FINDINGS


def read(folder, name):
    parser = ConfigParser()
    parser.read_config(str(folder / "configs" / name))
    parser.config.update({"bundle_root": str(folder)})
    return parser


def test_the_name_tells_the_type(package):
    assert "classification" in package.folder.name
    assert not [
        other for other in ("deepedit", "deepgrow", "detection", "segmentation") if other in package.folder.name
    ]


def test_inference_task_finds_what_it_asks_for(package, tmp_path):
    folder = package.folder
    parser = read(folder, "inference.json")
    network = parser.get_parsed_content("network_def", instantiate=True)
    network.load_state_dict(torch.load(folder / "models" / "model.pt", weights_only=True), strict=False)
    metadata = json.loads((folder / "configs" / "metadata.json").read_text())
    (key_image, image), (key_pred, pred) = (
        next(iter(metadata["network_data_format"][side].items())) for side in ("inputs", "outputs")
    )
    labels = {name.lower(): int(index) for index, name in pred["channel_def"].items()}
    assert labels == {finding: index for index, finding in enumerate(FINDINGS)}
    assert len(image["spatial_shape"]) == 2

    parser.config.update({"device": "cpu"})  # chosen in the viewer
    before, after = (parser.get_parsed_content(key, instantiate=True) for key in ("preprocessing", "postprocessing"))
    assert isinstance(before.transforms[0], LoadImaged)  # which it puts its own cache around
    inferer = parser.get_parsed_content("inferer", instantiate=True)
    assert isinstance(inferer, Inferer)
    file = tmp_path / "image.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 120), dtype=np.uint8)).save(file)
    data = Compose(before.transforms)({key_image: str(file)})
    with torch.no_grad():
        data[key_pred] = inferer(data[key_image][None], network.eval())[0]
    answer = Compose(after.transforms)(data)[key_pred]
    pipeline = BundlePipeline(folder)
    (expected,) = pipeline.probabilities(pipeline.preprocess([file]), pipeline.network(pipeline.weights))
    torch.testing.assert_close(answer.as_subclass(torch.Tensor), expected.as_subclass(torch.Tensor))


def test_training_task_can_set_what_it_sets(package):
    parser = read(package.folder, "train.json")
    assert parser.get("network_def")["_target_"] == "DenseNet121"
    handlers = parser.get("train#handlers")
    assert all(isinstance(handler, dict) for handler in handlers)  # it looks for a loader among them
    for key in ("train#trainer#max_epochs", "train#dataset#data", "validate#dataset#data", "device", "bundle_root"):
        assert key in parser, key


def test_its_multi_gpu_training_keeps_what_it_set(package, tmp_path):
    parser = read(package.folder, "train.json")
    parser.set(7, "train#trainer#max_epochs")
    parser.set([{"image": "a.png", "label": [1, 0, 1]}], "train#dataset#data")
    ConfigParser.export_config_file(parser.config, tmp_path / "monailabel_train.json")
    overlay = package.folder / "configs" / "multi_gpu_train.json"
    merged = ConfigParser.load_config_files([str(tmp_path / "monailabel_train.json"), str(overlay)])
    assert merged["train"]["trainer"]["max_epochs"] == 7
    assert merged["train"]["dataset"]["data"] == [{"image": "a.png", "label": [1, 0, 1]}]
    assert merged["network"]["_target_"] == "torch.nn.parallel.DistributedDataParallel"
