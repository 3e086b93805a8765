"""Weights of the bundle's network, and its exports beside them."""

from pathlib import Path

from lucency.inference.backends import export_network
from lucency.release.golden import BundlePipeline, golden_images, seeded_weights

ROUNDS = 9


def exported_weights(bundle: Path, work: Path) -> Path:
    """Draw weights and export the network with them, as `lucency export` does; the measured times make the choice.

    Returns:
        The weights, a plain state dictionary, with the folder ``exports`` beside it.
    """
    pipeline, folder = BundlePipeline(bundle), work / "model"
    folder.mkdir()
    weights = seeded_weights(pipeline, 0, folder)
    network, images = pipeline.network(weights), pipeline.preprocess(golden_images(bundle))
    export_network(network, images, weights=weights, folder=folder / "exports", precisions=["fp32"], rounds=ROUNDS)
    return weights
