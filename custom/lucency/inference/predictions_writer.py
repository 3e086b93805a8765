"""The handler that turns a network's answers into rows of a prediction table."""

import math
from typing import Any

from ignite.engine import Engine, Events
from monai.utils.enums import CommonKeys

from ..results.predictions import PredictionTable
from .folder import IDENTIFIERS


class PredictionsWriter:
    """Give every file a row: identifiers, status, reason and, if it could be read, one probability a finding.

    Attach it to an evaluator with ``decollate=False`` whose postprocessing has applied the sigmoid. A probability that
    is not finite is never written: the file's status is then ``failed``.

    Args:
        table: where the rows go.
    """

    def __init__(self, *, table: PredictionTable) -> None:
        self.table = table

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add_batch)
        engine.add_event_handler(Events.COMPLETED, self._finish)

    def _add_batch(self, engine: Engine) -> None:
        batch = engine.state.batch
        answers = engine.state.output[CommonKeys.PRED].detach().float().cpu().tolist()
        self.table.add([self._row(batch, index, answer) for index, answer in enumerate(answers)])

    def _row(self, batch: dict[str, Any], index: int, answer: list[float]) -> dict[str, Any]:
        row = {name: batch[name][index] for name in ("file", "status", "reason", *IDENTIFIERS)}
        if row["status"] == "ok" and not all(map(math.isfinite, answer)):
            row |= {"status": "failed", "reason": "the network's answer is not finite; check the weights"}
        probabilities = dict(zip(self.table.findings, answer, strict=True)) if row["status"] == "ok" else None
        return row | {"probabilities": probabilities}

    def _finish(self, engine: Engine) -> None:
        csv_file, _ = self.table.finish()
        statuses = [row["status"] for row in self.table.rows.values()]
        counts = ", ".join(f"{statuses.count(status)} {status}" for status in ("ok", "failed", "skipped"))
        engine.logger.info(f"Wrote {csv_file} and predictions.json: {counts}.")
