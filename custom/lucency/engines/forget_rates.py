"""How many labels of each finding and observed state are forgotten after an epoch."""

import difflib
import inspect
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ConfigError
from ..files import write_atomically
from ..losses.base import number_in
from ..refine.rates import noise_rates

Rates = NDArray[np.float64]
FILE = "noise_rates.csv"


class ForgetRates:
    r"""Rates of wrong labels, and the share of them that is forgotten, $R(e) = \rho \min(1, e / (w E))^c$.

    $e$ is the number of epochs that are over, of $E$; $\rho$ one rate for each finding and observed label, see
    `lucency.refine.rates.noise_rates`, which caps them and never asks for truth. Estimates are made anew after every
    epoch of the warm-up, from the mean of both networks, and stay from its end on: later the networks know wrong labels
    by heart. `noise_rates.csv` says what they are and where from; a resumed run goes on with it.

    Args:
        findings: L ids, in the order of the networks' outputs.
        folder: of `noise_rates.csv`.
        settings: arguments of `noise_rates` such as ``{"method": "gmm"}``; None is the prior with its defaults.
        warm_up: $w$ in [0, 1].
        exponent: $c$, above 0.

    Raises:
        ConfigError, LabelError: an argument is out of bounds, or `noise_rates` knows no such one.

    Example:
        >>> import tempfile
        >>> rates = ForgetRates(["edema"], Path(tempfile.mkdtemp()), {"positive": 0.2}, warm_up=0.5)
        >>> targets = np.array([[1.0], [0.0]])
        >>> [rates.after(epoch, 8, targets, targets, targets).round(3).tolist() for epoch in (1, 2, 4, 8)]
        [[[0.005], [0.05]], [[0.01], [0.1]], [[0.02], [0.2]], [[0.02], [0.2]]]
    """

    def __init__(
        self,
        findings: Sequence[str],
        folder: Path,
        settings: Mapping[str, Any] | None = None,
        *,
        warm_up: float = 0.2,
        exponent: float = 1.0,
    ) -> None:
        self.findings = list(findings)
        self.path = folder / FILE
        self.settings = {"method": "prior", **(settings or {})}
        self.warm_up = number_in("CoTeaching", "warm_up", warm_up, 0, 1)
        self.exponent = number_in("CoTeaching", "exponent", exponent, 0.01, 100)
        _check_names(self.settings)
        nothing = np.full((1, len(self.findings)), np.nan)
        noise_rates(targets=nothing, losses=nothing, probabilities=0 * np.nan_to_num(nothing), **self._arguments())

    def after(self, epoch: int, max_epochs: int, targets: Rates, losses: Rates, probabilities: Rates) -> Rates:
        """Shares (2, L) to forget once an epoch is over, row 0 of observed negatives; writes the rates behind them.

        Args:
            epoch: from 1.
            max_epochs: E.
            targets: (N, L) of 1, 0, NaN.
            losses: (N, L), the mean of both networks.
            probabilities: (N, L), likewise.

        Raises:
            ConfigError: the warm-up is over and its rates are gone.
        """
        length = self.warm_up * max_epochs
        if self.settings["method"] == "prior" or epoch <= max(1, math.ceil(length)):
            found = noise_rates(targets=targets, losses=losses, probabilities=probabilities, **self._arguments())
            write_atomically(self.path, found.table(self.findings).to_csv(index=False))
            rates = found.values
        else:
            rates = self._read()
        share: float = (min(1.0, epoch / length) if length else 1.0) ** self.exponent
        return rates * share

    def _arguments(self) -> dict[str, Any]:
        return {**self.settings, "findings": self.findings}

    def _read(self) -> Rates:
        try:
            table = pd.read_csv(self.path, dtype=str)  # Python's own float gives back what was written
            strata = table.pivot(index="label", columns="finding", values="rate").map(float)
            rates: Rates = strata.loc[["negative", "positive"], self.findings].to_numpy(np.float64)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(
                f"{self.path}: holds no rates of these findings ({type(error).__name__}), which the warm-up had left; "
                "put the file back, or start afresh with --resume False"
            ) from error
        return rates


def _check_names(settings: Mapping[str, Any]) -> None:
    given = {"targets", "losses", "probabilities", "findings"}
    known = [name for name in inspect.signature(noise_rates).parameters if name not in given]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"they are {', '.join(known)}"
            raise ConfigError(f"CoTeaching: rates have no setting '{name}'; {hint}")
