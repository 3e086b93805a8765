"""The inference workflow for hosts that run no code of a bundle: stock MONAI alone, with the network as TorchScript."""

from collections.abc import Mapping
from typing import Any

from monai.bundle import ConfigParser, ReferenceResolver
from monai.bundle.utils import ID_SEP_KEY

from ...bundle.keys import flatten
from ...errors import ConfigError
from .import_graph import PACKAGE

PARTS = ("device", "preprocessing", "inferer", "postprocessing")
"""What hosts take from an inference workflow; the network itself is in the TorchScript file."""
WORKFLOW: Mapping[str, Any] = {
    "imports": ["$import glob"],
    "bundle_root": ".",
    "dataset_dir": "$@bundle_root + '/data'",
    "output_dir": "$@bundle_root + '/eval'",
    "batch_size": 16,
    "network_def": {"_target_": "torch.jit.load", "f": "$@bundle_root + '/models/model.ts'", "map_location": "@device"},
    "images": "$sorted(glob.glob(@dataset_dir + '/*'))",
    "dataset": {"_target_": "Dataset", "data": "$[{'image': i} for i in @images]", "transform": "@preprocessing"},
    "dataloader": {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": "@batch_size"},
    "handlers": [
        {
            "_target_": "ClassificationSaver",
            "output_dir": "@output_dir",
            "batch_transform": "$lambda batch: [i['image'].meta for i in batch]",
            "output_transform": "$monai.handlers.from_engine(['pred'])",
        }
    ],
    "evaluator": {
        "_target_": "SupervisedEvaluator",
        "device": "@device",
        "val_data_loader": "@dataloader",
        "network": "@network_def",
        "inferer": "@inferer",
        "postprocessing": "@postprocessing",
        "val_handlers": "@handlers",
    },
    "run": ["$@evaluator.run()"],
}


def portable_configuration(inference: Mapping[str, Any]) -> dict[str, Any]:
    """Make of an inference workflow one that names nothing of this package.

    Only the preprocessing after the reader, the inferer and the postprocessing are kept, which are stock MONAI in most
    bundles. Files are read by Pillow, PNG and JPEG alone: MONAI's readers of DICOM differ in what they do to inverted
    and windowed images, so hosts with DICOM bring their own loader in place of ``LoadImaged``. There is no guard, no
    calibration and no report.

    Args:
        inference: the resolved inference workflow.

    Raises:
        ConfigError: preprocessing, inferer or postprocessing cannot do without this package.

    Example:
        >>> steps = [{"_target_": "LoadImaged", "keys": "image"}, {"_target_": "lucency.transforms.CenterSquareCropd"}]
        >>> stock = {"_target_": "Compose", "transforms": []}
        >>> bundle = {"preprocessing": {"transforms": steps}, "inferer": {}, "postprocessing": stock, "device": "cpu"}
        >>> portable_configuration(bundle)
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: preprocessing: needs lucency.transforms.CenterSquareCropd; without code of the
            bundle no host can run it
    """
    missing = [key for key in PARTS if key not in inference]
    if missing:
        raise ConfigError(f"inference: has no {missing[0]}; hosts that run no code of a bundle need it")
    parts = {key: inference[key] for key in PARTS}
    parts["preprocessing"] = {**parts["preprocessing"], "transforms": _stock_transforms(inference)}
    for key, leaf in flatten(parts).items():
        if key.endswith("_target_") and str(leaf).startswith(f"{PACKAGE}."):
            part = key.split(ID_SEP_KEY)[0]
            raise ConfigError(f"{part}: needs {leaf}; without code of the bundle no host can run it")
    return {**_referred(parts, inference), **parts, **WORKFLOW}


def _stock_transforms(inference: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Transforms that are switched on, with a stock reader."""
    parser = ConfigParser(dict(inference))
    steps = []
    for index, step in enumerate(inference["preprocessing"]["transforms"]):
        if "_disabled_" in step and parser.get_parsed_content(f"preprocessing#transforms#{index}#_disabled_"):
            continue
        steps.append({key: value for key, value in step.items() if key != "_disabled_"})
        if step["_target_"] == "LoadImaged":
            steps[-1]["reader"] = "PILReader"
    return steps


def _referred(parts: Mapping[str, Any], inference: Mapping[str, Any]) -> dict[str, Any]:
    """Top-level keys that the parts refer to, directly or through others."""
    found: dict[str, Any] = {}
    waiting = list(flatten(dict(parts)).values())
    while waiting:
        leaf = waiting.pop()
        if not isinstance(leaf, str):
            continue
        for reference in ReferenceResolver.match_refs_pattern(leaf.replace("#", ID_SEP_KEY)):
            root = reference.split(ID_SEP_KEY)[0]
            if root not in found and root not in parts:
                found[root] = inference[root]
                waiting += flatten({root: inference[root]}).values()
    return found
