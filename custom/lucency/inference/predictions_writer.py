"""The handler that turns a network's answers into results: calibrated, decided, reported."""

from collections.abc import Sequence
from pathlib import Path

from ignite.engine import Engine, Events
from monai.utils.enums import CommonKeys

from ..results.predictions import PredictionTable
from .image_result import ResultOutput, write_outputs
from .image_result import disk_is_full as disk_is_full
from .image_result import image_result as image_result
from .site import Site


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
                result = write_outputs(self.outputs, result, Path(item["path"]), images[index], engine.logger.warning)
            results.append(result)
        self.table.add(results)

    def _finish(self, engine: Engine) -> None:
        csv_file, _ = self.table.finish(getattr(engine.network, "answered_by", None))
        statuses = ("ok", "refused", "failed", "skipped")
        counts = ", ".join(f"{self.table.statuses[status]} {status}" for status in statuses)
        engine.logger.info(f"Wrote {csv_file} and predictions.json: {counts}.")
