"""The handler that keeps what a test run needs: scores beside targets, and the metrics made from them."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
from ignite.engine import Engine, Events
from monai.utils.enums import CommonKeys
from torch import Tensor

from ..files import write_atomically
from .evaluation import EVERYTHING, MACRO, PROBABILITY, TARGET, evaluate_scores
from .model_identity import ModelIdentity

DESCRIPTION = ("file", "patient", "source", "view", "sex", "age")


class ScoresWriter:
    """Collect probabilities and targets of every image; write them, `model.json` and the metrics.

    Attach it to an evaluator with ``decollate=False`` whose postprocessing has applied the sigmoid, in one process.

    Args:
        folder: output folder.
        model: the model that is scored; `model.json` ties what is made of the scores to it.
        replicates: bootstrap resamples of patients.
        seed: seed of the resamples.
    """

    def __init__(self, *, folder: str | Path, model: ModelIdentity, replicates: int = 1000, seed: int = 0) -> None:
        self.folder = Path(folder)
        self.model = model
        self.replicates = replicates
        self.seed = seed
        self.rows: list[dict[str, Any]] = []

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.STARTED, lambda _: self.rows.clear())
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add_batch)
        engine.add_event_handler(Events.COMPLETED, self._write)

    def _add_batch(self, engine: Engine) -> None:
        batch, output = engine.state.batch, engine.state.output
        probabilities = output[CommonKeys.PRED].detach().float().cpu().tolist()
        targets = output[CommonKeys.LABEL].detach().cpu().tolist()
        for index, (answer, target) in enumerate(zip(probabilities, targets, strict=True)):
            told = {name: batch[name][index] for name in DESCRIPTION}
            row = {name: value.item() if isinstance(value, Tensor) else value for name, value in told.items()}
            row |= {TARGET + finding: value for finding, value in zip(self.model.findings, target, strict=True)}
            row |= {PROBABILITY + finding: value for finding, value in zip(self.model.findings, answer, strict=True)}
            self.rows.append(row)

    def _write(self, engine: Engine) -> None:
        scores = pd.DataFrame(self.rows)
        write_atomically(self.folder / "scores.csv", scores.to_csv(index=False))
        write_atomically(self.folder / "model.json", self.model.model_dump_json(indent=2) + "\n")
        metrics = write_metrics(scores, self.folder, replicates=self.replicates, seed=self.seed)
        overall = metrics[metrics.group == EVERYTHING].set_index("finding")
        engine.logger.info(f"AUROC and average precision of {len(scores)} images:\n{_as_text(overall)}")
        engine.logger.info(f"Macro AUROC {overall['auroc'][MACRO]:.3f}; wrote {self.folder / 'metrics.csv'}.")


def write_metrics(scores: pd.DataFrame, folder: Path, *, replicates: int, seed: int) -> pd.DataFrame:
    """Measure a score table and write `metrics.csv` and `metrics.json`; undefined figures are empty and null."""
    metrics = evaluate_scores(scores, replicates=replicates, seed=seed)
    write_atomically(folder / "metrics.csv", metrics.to_csv(index=False, float_format="%.6f"))
    rows = [
        {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in metrics.to_dict("records")
    ]
    content = {"replicates": replicates, "seed": seed, "level": 0.95, "metrics": rows}
    write_atomically(folder / "metrics.json", json.dumps(content, indent=2) + "\n")
    return metrics


def _as_text(table: pd.DataFrame) -> str:
    columns = ["positive", "negative", "auroc", "auroc_low", "auroc_high", "ap"]
    return table[columns].to_string(float_format="{:.3f}".format, na_rep="undefined")
