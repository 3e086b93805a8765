"""All that a score of entries may be computed from."""

from dataclasses import dataclass

from ..entries import FloatArray


@dataclass(frozen=True, eq=False)
class Evidence:
    """What models and labels say of (N, C) entries, checked by `entry_scores`.

    Args:
        probabilities: (N, C) float64 in [0, 1].
        targets: (N, C) of 1, 0, NaN.
        second: (N, C) probabilities of another model, or None.
        vog: (N, C) variance of gradients, NaN where there is none, or None.
        seed: of what is random.
    """

    probabilities: FloatArray
    targets: FloatArray
    second: FloatArray | None = None
    vog: FloatArray | None = None
    seed: int = 0
