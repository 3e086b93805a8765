"""From a published network's weights to a whole bundle."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save

from ...files import sha256_of, write_atomically
from ...inference.site import OperatingPoint, Site
from ...inference.site_file import reference_to, write_site
from ..appearing import appearing_folder
from ..golden.pipeline import BundlePipeline
from .documents import BASE, configuration, metadata, readme
from .network import PublishedNetwork, read_published_network
from .originals import find_original


def convert_weights(
    weights: str | Path, kind: str, out: str | Path, *, labels: Sequence[str] | None = None, resize: int | None = None
) -> PublishedNetwork:
    """Turn the state dict of a published network into a bundle that gives its probabilities.

    The bundle holds the network as MONAI's DenseNet121 behind a 1 x 1 convolution that scales the image, the original's
    own resizing as preprocessing, and, if the state dict has them, its thresholds as `site.yaml`. It appears under its
    name when it is complete, or not at all.

    Args:
        weights: state dict, bare or inside a checkpoint; no pickled module.
        kind: ``torchxrayvision`` or ``chexnet``.
        out: folder of the bundle, absent or empty. Its name is the model's name.
        labels: of the outputs, in their order: finding ids or declared spellings, empty for an output that was not
            trained. Without them those of the kind are taken, less the outputs whose threshold is NaN.
        resize: shorter side before the 224 x 224 crop; ``chexnet`` alone has the choice, 224 unless given.

    Returns:
        What the bundle holds.

    Raises:
        LucencyError: the weights are damaged, not safe to read, or of another network; labels are unknown or of
            another number than the outputs; the folder is not empty.
    """
    weights, out, original = Path(weights), Path(out).resolve(), find_original(kind)
    preparation = original.prepare(resize)
    network = read_published_network(weights, original, labels)
    checksum = sha256_of(weights)
    with appearing_folder(out) as folder:
        configs = folder / "configs"
        write_atomically(folder / "models" / "model.safetensors", save(dict(network.state)))
        write_atomically(configs / "inference.yaml", configuration(network, preparation))
        write_atomically(configs / "metadata.json", metadata(network, preparation, out.name, weights.name))
        shutil.copyfile(BASE / "logging.conf", configs / "logging.conf")
        page = readme(network, preparation, out.name, weights.name, checksum)
        write_atomically(folder / "docs" / "README.md", page)
        _finish(folder, network)
    return network


def _finish(folder: Path, network: PublishedNetwork) -> None:
    """Make sure that configuration and weights fit, and tie the thresholds to the model that they make up."""
    pipeline = BundlePipeline(folder)
    pipeline.network(pipeline.weights)
    if network.thresholds:
        points = {
            finding: OperatingPoint(threshold=threshold, rule="given")
            for finding, threshold in network.thresholds.items()
        }
        model = reference_to(pipeline.part("model"))
        write_site(folder / "site.yaml", Site(model=model, operating_points=points))
