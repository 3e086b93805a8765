"""Weights of the bundle's network, and its exports beside them."""

from pathlib import Path

from lucency.inference.backends import export_network
from lucency.inference.backends.record import FILE
from lucency.release.golden import BundlePipeline, golden_images, seeded_weights

ROUNDS = 9


def exported_weights(bundle: Path, folder: Path) -> Path:
    """Draw weights and export the network with them, as `lucency export` does; the measured times make the choice.

    Args:
        bundle: folder of the bundle.
        folder: gets the weights and the folder ``exports``, unless they are there.

    Returns:
        The weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pipeline = BundlePipeline(bundle)
    weights = seeded_weights(pipeline, 0, folder)
    if not (folder / "exports" / FILE).is_file():
        network, images = pipeline.network(weights), pipeline.preprocess(golden_images(bundle))
        export_network(network, images, weights=weights, folder=folder / "exports", precisions=["fp32"], rounds=ROUNDS)
    return weights
