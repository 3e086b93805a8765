"""Writing the golden test of a bundle."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ... import __version__
from ...errors import ConfigError
from ...files import sha256_of, write_atomically
from .images import draw_golden_images
from .pipeline import BundlePipeline
from .record import FILE, Golden, GoldenImage, SeededWeights, StoredWeights
from .seeded_state import seeded_state

FOLDER = "golden"


def golden_file(bundle: str | Path, weights: str | Path | None = None) -> Path:
    """Where the golden probabilities of these weights, or of the seeded ones, stand."""
    return Path(weights).parent / FILE if weights is not None else Path(bundle) / FOLDER / FILE


def golden_images(bundle: str | Path) -> list[Path]:
    """The golden images of a bundle, sorted by name.

    Raises:
        ConfigError: there are fewer than two.
    """
    files = sorted((Path(bundle) / FOLDER).glob("*.dcm"))
    if len(files) < 2:
        raise ConfigError(f"{Path(bundle) / FOLDER}: holds no golden images; lucency bundle golden {bundle} makes them")
    return files


def write_golden(
    bundle: str | Path,
    *,
    weights: str | Path | None = None,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
) -> Path:
    """Store what PyTorch in float32 answers for the golden images; draw these if the bundle has none.

    Args:
        bundle: folder of the bundle.
        weights: weights file; the answers go beside it. Without it, seeded weights are drawn and the answers go into
            the bundle, beside the images.
        seed: of the seeded weights.
        overrides: configuration keys to values; a check needs the same.

    Returns:
        Path of `golden.json`.

    Raises:
        ConfigError: no such bundle or key, or weights that do not fit.
    """
    pipeline = BundlePipeline(bundle, overrides)
    folder = Path(bundle) / FOLDER
    if not any(folder.glob("*.dcm")):
        draw_golden_images(folder)
    files = golden_images(bundle)
    images = pipeline.preprocess(files)
    with tempfile.TemporaryDirectory() as work:
        path = Path(weights) if weights is not None else seeded_weights(pipeline, seed, Path(work))
        answers = pipeline.probabilities(images, pipeline.network(path)).tolist()
        named = SeededWeights(seeded=seed) if weights is None else StoredWeights(sha256=sha256_of(path))
    golden = Golden(
        made_with={"lucency": __version__, "torch": torch.__version__},
        weights=named,
        image_shape=tuple(images.shape[1:]),
        images=[
            GoldenImage(
                file=file.name,
                sha256=sha256_of(file),
                probabilities={f: round(p, 7) for f, p in zip(pipeline.findings, answer, strict=True)},
            )
            for file, answer in zip(files, answers, strict=True)
        ],
    )
    return write_atomically(golden_file(bundle, weights), golden.model_dump_json(indent=2) + "\n")


def seeded_weights(pipeline: BundlePipeline, seed: int, folder: Path) -> Path:
    """Write the seeded weights of a bundle's network as a file, as backends ask for one."""
    path = folder / "seeded.safetensors"
    save_file(seeded_state(pipeline.part("network_def"), seed), path)
    return path
