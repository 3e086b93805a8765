"""Scores of entries by the name of a method."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from ...errors import ConfigError
from ..cleanlab_check import cleanlab_scores
from ..entries import FloatArray, check_probabilities, check_shape, check_targets
from .ce_minus_entropy import ce_minus_entropy
from .cross_entropy import cross_entropy
from .disagreement import disagreement
from .evidence import Evidence
from .uncertainty import uncertainty


@dataclass(frozen=True)
class EntryMethod:
    """A way of scoring entries.

    Args:
        score: evidence to (N, C) float64, higher is asked first.
        needs_label: cannot score an entry whose label is unknown.
        needs: a part of the evidence that may be missing and must be there.
    """

    score: Callable[[Evidence], FloatArray]
    needs_label: bool
    needs: Literal["second", "vog"] | None = None


METHODS: Mapping[str, EntryMethod] = MappingProxyType(
    {
        "cross_entropy": EntryMethod(lambda e: cross_entropy(e.probabilities, e.targets), needs_label=True),
        "ce_minus_entropy": EntryMethod(lambda e: ce_minus_entropy(e.probabilities, e.targets), needs_label=True),
        "uncertainty": EntryMethod(lambda e: uncertainty(e.probabilities), needs_label=False),
        "disagreement": EntryMethod(
            lambda e: disagreement(e.probabilities, cast(FloatArray, e.second)), needs_label=False, needs="second"
        ),
        "vog": EntryMethod(lambda e: cast(FloatArray, e.vog), needs_label=True, needs="vog"),
        "random": EntryMethod(lambda e: _uniform(e, e.probabilities.shape), needs_label=False),
        "random_image": EntryMethod(lambda e: _uniform(e, (len(e.probabilities), 1)), needs_label=False),
        "cleanlab": EntryMethod(lambda e: cleanlab_scores(e.probabilities, e.targets), needs_label=True),
    }
)
"""Methods by name. Those that choose sets of images, such as `coreset`, are functions of their own."""


def entry_scores(
    method: str,
    probabilities: ArrayLike,
    targets: ArrayLike,
    *,
    second: ArrayLike | None = None,
    vog: ArrayLike | None = None,
    seed: int = 0,
    query_unknown: bool = False,
) -> FloatArray:
    """Score how much every entry is worth a second look; higher is asked first, NaN never.

    | method | score | needs |
    |---|---|---|
    | `cross_entropy` | surprise of the label | |
    | `ce_minus_entropy` | the same less the entropy | |
    | `uncertainty` | entropy of the prediction | no label |
    | `disagreement` | distance of two models' probabilities | `second`, no label |
    | `vog` | variance of gradients, high first | `vog` |
    | `random` | uniform in [0, 1), by `seed` | no label |
    | `random_image` | the same number for all entries of an image | no label |
    | `cleanlab` | its issues first, then by self-confidence | the package cleanlab |

    Training keeps entries of *low* variance of gradients, so `vog` asks for high ones. A label that the model refuses
    steadily has a low variance too and is asked last: it finds labels the model wavers about, not all wrong ones. Its
    scale differs between findings and between observed labels: choose with a quota.
    `random_image` is the baseline where images are chosen: of independent numbers, images with more known labels have
    the higher averages.

    Args:
        method: a name of `METHODS`.
        probabilities: (N, C) in [0, 1], of a model that did not train on these images where possible.
        targets: (N, C) of 1, 0, or NaN for unknown or soft labels.
        second: (N, C) probabilities of another model.
        vog: (N, C) variance of gradients; an entry without one (NaN) gets no score.
        seed: of `random` and `random_image`.
        query_unknown: score entries of unknown label too, by a method that needs no label.

    Returns:
        (N, C) float64, finite or NaN.

    Raises:
        ConfigError: no such method, or what it needs was not given.
        LucencyError: shapes differ, or a value is out of bounds.
        LabelError: a target is not 1, 0 or NaN.

    Example:
        >>> entry_scores("cross_entropy", [[0.1, 0.9]], [[1, np.nan]]).round(4)
        array([[2.3026,    nan]])
        >>> entry_scores("crossentropy", [[0.1]], [[1]])
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: method: 'crossentropy' is not known; did you mean 'cross_entropy'?
    """
    if method not in METHODS:
        near = difflib.get_close_matches(method, METHODS, n=1, cutoff=0.5)
        mend = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(METHODS)}"
        raise ConfigError(f"method: '{method}' is not known; {mend}")
    chosen = METHODS[method]
    if query_unknown and chosen.needs_label:
        without = ", ".join(name for name, other in METHODS.items() if not other.needs_label)
        raise ConfigError(f"query_unknown: {method} needs a label; choose one of {without}")
    labels = check_targets(targets)
    evidence = Evidence(
        check_probabilities("probabilities", probabilities, labels),
        labels,
        None if second is None else check_probabilities("second", second, labels),
        None if vog is None else check_shape("vog", vog, labels),
        seed,
    )
    if chosen.needs is not None and getattr(evidence, chosen.needs) is None:
        raise ConfigError(f"{chosen.needs}: {method} needs it; {_NEEDS[chosen.needs]}")
    scores = chosen.score(evidence)
    return scores if query_unknown else np.where(np.isnan(labels), np.nan, scores)


_NEEDS = {
    "second": "give the probabilities of another model",
    "vog": "give the variance of gradients of every entry",
}


def _uniform(evidence: Evidence, shape: tuple[int, ...]) -> FloatArray:
    return np.broadcast_to(np.random.default_rng(evidence.seed).random(shape), evidence.probabilities.shape).copy()
