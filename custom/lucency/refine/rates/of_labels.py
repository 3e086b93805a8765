"""Rates of wrong labels: believed or estimated, and always capped."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...errors import ConfigError, LucencyError
from ...labels.simulate.per_finding import PerFinding, per_finding
from ..entries import FloatArray, IntArray, check_known, check_probabilities, check_targets
from .confident_joint import confident_joint_rates
from .gmm import gmm_rate
from .noise_rates import NoiseRates

METHODS = ("prior", "gmm", "confident_joint")
"""Where a rate may come from."""

POSITIVE, NEGATIVE = 0.10, 0.02
"""Prior rates of a finding that nobody names."""


def noise_rates(
    method: str,
    targets: ArrayLike,
    *,
    losses: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
    positive: PerFinding = POSITIVE,
    negative: PerFinding = NEGATIVE,
    findings: Sequence[str] | None = None,
    least: int = 100,
    most_positive: float = 0.5,
    most_negative: float = 0.5,
    seed: int = 0,
) -> NoiseRates:
    r"""Rates of wrong labels per finding and observed label, $\rho^+ = P(y = 0 \mid \tilde y = 1)$ and $\rho^-$.

    "prior" believes `positive` and `negative`. "gmm" fits losses of each stratum (`gmm_rate`), "confident_joint" counts
    confident contradictions (`confident_joint_rates`); a stratum too small for that falls back to the prior and says
    so. Truth is never asked.

    Every rate is capped, the prior's too. $\rho^- \le \pi/2$, $\pi$ the observed share of positives: about one missed
    finding for two reported ones, for estimates are worst among the negatives of rare findings, where a rate of 0.2
    would throw away good labels by the thousand. $\rho^+ \le \tfrac12$: where most positives are wrong, small losses no
    longer tell which. Who has measured more, on labels read twice, raises the caps. Caps and prior are ours.

    Args:
        method: a name of `METHODS`.
        targets: (N, C) of 1, 0, or NaN for unknown.
        losses: (N, C) for "gmm", of a network early in training, before it has learnt wrong labels by heart.
        probabilities: (N, C) for "confident_joint", of a model that did not train on these images.
        positive: prior of $\rho^+$, a number or one by finding; a finding that is not named has 0.10.
        negative: prior of $\rho^-$, likewise; 0.02.
        findings: C ids, needed where a prior is given by finding.
        least: labels that a stratum must have to be estimated, and for "confident_joint" the other one too.
        most_positive: cap of $\rho^+$, from 0 to below 1.
        most_negative: cap of $\rho^-$ as a share of $\pi$, 0 or more; never above one half in all.
        seed: of "gmm".

    Raises:
        ConfigError: no such method, an argument is missing or out of bounds.
        LucencyError: shapes differ, or a loss of a known label is not finite.
        LabelError: a target is not 1, 0 or NaN, or a prior names an unknown finding.

    Example:
        >>> rates = noise_rates("prior", [[1], [0], [0]] * 10, positive={"edema": 0.3}, findings=["edema"])
        >>> rates.values.tolist()
        [[0.02], [0.3]]
    """
    if method not in METHODS:
        near = difflib.get_close_matches(method, METHODS, n=1)
        mend = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(METHODS)}"
        raise ConfigError(f"rates: '{method}' is not known; {mend}")
    if not 0 <= most_positive < 1:
        raise ConfigError(f"most_positive cannot be {most_positive!r}; give a number from 0 to below 1")
    if not 0 <= most_negative < np.inf:
        raise ConfigError(f"most_negative cannot be {most_negative!r}; give a share of the prevalence, 0 or more")
    if isinstance(least, bool) or least < 2:
        raise ConfigError(f"least cannot be {least!r}; give 2 or more")
    labels = check_targets(targets)
    names = _names(findings, labels.shape[1], positive, negative)
    prior = np.stack(
        [
            per_finding("negative", negative, names, unnamed=NEGATIVE),
            per_finding("positive", positive, names, unnamed=POSITIVE),
        ]
    )
    counts = np.stack([(labels == 0).sum(axis=0), (labels == 1).sum(axis=0)])
    estimates, sources, notices = prior, np.full(prior.shape, "prior", object), np.full(prior.shape, "", object)
    if method != "prior":
        if method == "gmm":
            estimates = _of_losses(_given("losses", losses, method), labels, counts, least, seed)
        else:
            estimates = _of_probabilities(_given("probabilities", probabilities, method), labels, counts, least)
        failed = np.isnan(estimates)
        sources[~failed] = method
        enough = counts >= least if method == "gmm" else np.tile((counts >= least).all(axis=0), (2, 1))
        few = "labels" if method == "gmm" else "positive or negative labels"
        notices[failed & ~enough] = f"fewer than {least} {few}: prior"
        notices[failed & enough] = "all losses are equal: prior"
    values = np.where(np.isnan(estimates), prior, estimates)
    prevalence = counts[1] / np.maximum(counts.sum(axis=0), 1)
    caps = np.stack([np.minimum(most_negative * prevalence, 0.5), np.full(labels.shape[1], most_positive)])
    for label, finding in np.argwhere(values > caps):
        cap = ("most_negative", "most_positive")[label]
        capped = f"{values[label, finding]:.3g} capped at {caps[label, finding]:.3g} by {cap}"
        notices[label, finding] = "; ".join(filter(None, [notices[label, finding], capped]))
    return NoiseRates(
        np.minimum(values, caps),
        estimates,
        counts,
        (tuple(sources[0]), tuple(sources[1])),
        (tuple(notices[0]), tuple(notices[1])),
    )


def _names(findings: Sequence[str] | None, columns: int, *priors: PerFinding) -> Sequence[str]:
    if findings is None:
        if any(isinstance(prior, Mapping | pd.Series) for prior in priors):
            raise ConfigError("findings: a prior by finding needs their names; give them in the order of the columns")
        return [str(column) for column in range(columns)]
    if len(findings) != columns:
        raise LucencyError(f"{len(findings)} finding names for {columns} columns of targets; give one a column")
    return findings


def _given(name: str, values: ArrayLike | None, method: str) -> ArrayLike:
    if values is None:
        raise ConfigError(f"{name}: {method} needs them; give (images, findings)")
    return values


def _of_losses(losses: ArrayLike, labels: FloatArray, counts: IntArray, least: int, seed: int) -> FloatArray:
    values = check_known("losses", losses, labels)
    estimates = np.full(counts.shape, np.nan)
    for label, finding in np.argwhere(counts >= least):
        estimates[label, finding] = gmm_rate(values[labels[:, finding] == label, finding], seed=seed)
    return estimates


def _of_probabilities(probabilities: ArrayLike, labels: FloatArray, counts: IntArray, least: int) -> FloatArray:
    p = check_probabilities("probabilities", probabilities, labels)
    estimates = np.full(counts.shape, np.nan)
    for finding in np.flatnonzero((counts >= least).all(axis=0)):
        known = ~np.isnan(labels[:, finding])
        estimates[:, finding] = confident_joint_rates(p[known, finding], labels[known, finding])
    return estimates
