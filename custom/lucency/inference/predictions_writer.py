"""The handler that turns a network's answers into results: calibrated, decided, reported."""

import errno
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from ignite.engine import Engine, Events
from monai.utils.enums import CommonKeys

from ..errors import causes, explanation, one_line
from ..results.predictions import PredictionTable
from ..results.schema import IDENTIFIERS, GuardResult, ImageResult
from .site import Site


class ResultOutput(Protocol):
    """A further form of a result: a DICOM SR, a FHIR document, heat maps."""

    def write(self, result: ImageResult, source: Path, image: torch.Tensor) -> None:
        """Write it for one image whose status is ``ok``.

        Args:
            result: the complete result.
            source: the file that was read.
            image: what the network saw, (1, S, S), on the CPU.
        """


class PredictionsWriter:
    """Give every file its result: identifiers, status, reason and, if it could be read, one answer a finding.

    Attach it to an evaluator with ``decollate=False`` whose postprocessing has applied the sigmoid. A probability that
    is not finite is never written: the file's status is then ``failed``. The table learns of a file after its other
    outputs are on disk, so a killed run that goes on leaves none out.

    Args:
        table: where the results go.
        site: calibration and operating points.
        outputs: further forms; one that fails costs a note in the row, nothing else.
    """

    def __init__(self, *, table: PredictionTable, site: Site, outputs: Sequence[ResultOutput] = ()) -> None:
        self.table = table
        self.site = site
        self.outputs = outputs

    def attach(self, engine: Engine) -> None:
        """Register with an evaluator."""
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add_batch)
        engine.add_event_handler(Events.COMPLETED, self._finish)

    def _add_batch(self, engine: Engine) -> None:
        batch = engine.state.batch
        answers = engine.state.output[CommonKeys.PRED].detach().float().cpu().tolist()
        images = batch[CommonKeys.IMAGE].cpu()
        results = []
        for index, answer in enumerate(answers):
            result = self._result(batch, index, answer)
            if result.status == "ok":
                result = self._write_outputs(engine, result, Path(batch["path"][index]), images[index])
            results.append(result)
        self.table.add(results)

    def _result(self, batch: dict[str, Any], index: int, answer: list[float]) -> ImageResult:
        status, reason = batch["status"][index], batch["reason"][index]
        if status == "ok" and not all(map(math.isfinite, answer)):
            status, reason = "failed", "the network's answer is not finite; check the weights"
        return ImageResult(
            file=batch["file"][index],
            status=status,
            reason=reason,
            identifiers={name: batch[name][index] for name in IDENTIFIERS},
            guard=GuardResult(outcome=batch["guard"][index], reasons=tuple(batch["guard_reasons"][index].splitlines())),
            findings=self.site.assess(self.table.model.findings, answer) if status == "ok" else (),
        )

    def _write_outputs(self, engine: Engine, result: ImageResult, source: Path, image: torch.Tensor) -> ImageResult:
        notes = []
        for output in self.outputs:
            try:
                output.write(result, source, image)
            except Exception as error:  # a report that cannot be written must not cost the probabilities
                if _disk_is_full(error):  # but when there is space again, it must not be missing
                    raise
                name = type(output).__name__
                notes.append(f"{name}: {explanation(error) or one_line(f'{type(error).__name__}: {error}')}")
                engine.logger.warning(f"{name}: nothing written for one file; the notes of predictions.csv say why")
        return result.model_copy(update={"notes": (*result.notes, *notes)})

    def _finish(self, engine: Engine) -> None:
        csv_file, _ = self.table.finish(getattr(engine.network, "answered_by", None))
        statuses = ("ok", "refused", "failed", "skipped")
        counts = ", ".join(f"{self.table.statuses[status]} {status}" for status in statuses)
        engine.logger.info(f"Wrote {csv_file} and predictions.json: {counts}.")


def _disk_is_full(error: Exception) -> bool:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return any(isinstance(cause, OSError) and cause.errno in full for cause in causes(error))
