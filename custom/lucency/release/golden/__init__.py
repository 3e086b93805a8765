"""Golden images of a bundle: phantom DICOM files and the probabilities that every backend must give for them."""

from .images import draw_golden_images
from .pipeline import BundlePipeline
from .record import Golden, GoldenImage, SeededWeights, StoredWeights, read_golden
from .seeded_state import seeded_state
from .write import golden_file, golden_images, seeded_weights, write_golden

__all__ = [
    "BundlePipeline",
    "Golden",
    "GoldenImage",
    "SeededWeights",
    "StoredWeights",
    "draw_golden_images",
    "golden_file",
    "golden_images",
    "read_golden",
    "seeded_state",
    "seeded_weights",
    "write_golden",
]
