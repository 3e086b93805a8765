"""The text files of a converted bundle: configuration, metadata, README."""

import json
from pathlib import Path
from typing import Any

import yaml

from ... import __version__
from ...results.templates import environment
from ..recipes import RECIPES
from .blocks import replace_blocks
from .network import PublishedNetwork
from .originals import SQUARE, Preparation

VERSION = "1.0.0"
HERE = Path(__file__).parent
BASE = RECIPES / "cxr_spml_classification" / "configs"


def configuration(network: PublishedNetwork, preparation: Preparation) -> str:
    """The `inference.yaml` of Lucency's own bundles, with what the published network wants otherwise."""
    overlay = (HERE / f"{network.original.kind}.yaml").read_text()
    base = (BASE / "inference.yaml").read_text()
    text = replace_blocks(base, overlay)
    layer = yaml.safe_load(base)["heatmap_layer"]  # of the DenseNet, which is number 1 behind the scaling
    changes: dict[str, Any] = {"findings": list(network.findings), "heatmap_layer": f"1.{layer}"}
    if preparation.shorter_side != SQUARE:  # heat maps, which would ignore the margin, refuse this fit
        changes |= {"shorter_side": preparation.shorter_side, "fit": f"crop of {preparation.shorter_side}"}
    if network.thresholds:
        changes["site"] = "$@bundle_root + '/site.yaml'"
    return replace_blocks(text, yaml.safe_dump(changes, sort_keys=False))


def metadata(network: PublishedNetwork, preparation: Preparation, name: str, weights: str) -> str:
    """The `metadata.json` of the same bundle, telling of the published network.

    Args:
        network: what the bundle holds.
        preparation: how its images are resized.
        name: of the bundle.
        weights: name of the file that it was converted from.
    """
    original, findings = network.original, network.findings
    content = json.loads((BASE / "metadata.json").read_text())
    content["network_data_format"]["outputs"]["pred"] |= {
        "num_channels": len(findings),
        "spatial_shape": [1, len(findings)],
        "channel_def": {str(index): finding for index, finding in enumerate(findings)},
    }
    content["network_data_format"]["inputs"]["image"]["spatial_shape"] = [SQUARE, SQUARE]
    content |= {
        "version": VERSION,
        "changelog": {VERSION: f"converted from {weights} by lucency {__version__}"},
        "name": name,
        "task": "Multi-label classification of chest radiographs",
        "description": f"{original.title}, converted. {preparation.sentence}",
        "authors": "of the weights: see the references; of the configuration: The Lucency authors",
        "copyright": "of the weights: not known to Lucency; of the configuration: Copyright (c) The Lucency authors",
        "data_source": "see the references",
        "label_classes": "present or absent",
        "pred_classes": f"{len(findings)} probabilities; the network emits logits, postprocessing applies the sigmoid",
        "references": list(original.references),
    }
    return json.dumps(content, indent=4) + "\n"


def readme(network: PublishedNetwork, preparation: Preparation, name: str, weights: str, checksum: str) -> str:
    """The page that says what the bundle is, where it comes from, and what is not known of it.

    Args:
        network: what the bundle holds.
        preparation: how its images are resized.
        name: of the bundle.
        weights: name of the file that it was converted from.
        checksum: SHA-256 of that file.
    """
    return (
        environment(HERE, html=False)
        .get_template("README.md.j2")
        .render(
            name=name,
            network=network,
            original=network.original,
            lucency=__version__,
            weights=weights,
            checksum=checksum,
            preparation=preparation.sentence,
        )
    )
