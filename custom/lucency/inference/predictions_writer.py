"""The handler that turns a network's answers into results: calibrated, decided, reported."""

import errno
import math
from collections.abc import Mapping, Sequence
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
            item = {key: values[index] for key, values in batch.items()}
            result = image_result(item, answer, self.site, self.table.model.findings)
            if result.status == "ok":
                result = self._write_outputs(engine, result, Path(item["path"]), images[index])
            results.append(result)
        self.table.add(results)

    def _write_outputs(self, engine: Engine, result: ImageResult, source: Path, image: torch.Tensor) -> ImageResult:
        notes = []
        for output in self.outputs:
            try:
                output.write(result, source, image)
            except Exception as error:  # a report that cannot be written must not cost the probabilities
                if disk_is_full(error):  # but when there is space again, it must not be missing
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


def image_result(item: Mapping[str, Any], answer: Sequence[float], site: Site, findings: Sequence[str]) -> ImageResult:
    """Make the result of one file.

    Args:
        item: as `TolerantDataset` describes the file.
        answer: probabilities that the network gave, in the order of `findings`; not used unless the status is ``ok``.
        site: calibration and operating points.
        findings: finding ids.
    """
    status, reason = item["status"], item["reason"]
    if status == "ok" and not all(map(math.isfinite, answer)):
        status, reason = "failed", "the network's answer is not finite; check the weights"
    return ImageResult(
        file=item["file"],
        status=status,
        reason=reason,
        identifiers={name: item[name] for name in IDENTIFIERS},
        guard=GuardResult(outcome=item["guard"], reasons=tuple(item["guard_reasons"].splitlines())),
        findings=site.assess(findings, answer) if status == "ok" else (),
    )


def disk_is_full(error: BaseException) -> bool:
    """Tell whether a full disk, quota or file size limit is among the causes of an error."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return any(isinstance(cause, OSError) and cause.errno in full for cause in causes(error))
