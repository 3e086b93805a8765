"""`lucency predict` without PyTorch and MONAI, by an exported network."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ...results.model_identity import ModelIdentity, identify_model
from ...results.predictions import PredictionTable
from ..backends.record import known_digests
from ..folder import list_radiographs
from ..guard.input_guard import InputGuard
from ..image_result import ResultOutput, image_result, write_outputs
from ..site_file import site_for
from ..tolerant_item import tolerant_item
from .configuration import CHOICES, WEIGHTS, Configuration, NeedsTorchError, load_yaml
from .network import Network
from .preprocessing import network_input

Item = dict[str, Any]
Record = Mapping[str, str]

logger = logging.getLogger(__name__)


class TorchFreeRun:
    """What `lucency predict` does with a bundle's inference.yaml, where an exported network can answer.

    Tables, reports and probabilities are those of the workflow itself with the same backend. When the constructor
    returns, everything fits and nothing has been written.

    Args:
        bundle: folder of the bundle.
        source: folder of radiographs, or one file.
        out: where results go.
        weights: weights file; by default the bundle's.
        site: site file.
        overrides: keys of inference.yaml to values.
        workers: threads that read files; none reads them one by one.

    Raises:
        NeedsTorchError: no export fits, or the configuration asks for something that only the workflow can do.
        LucencyError: site file, guard rules or the folder do not fit.
    """

    def __init__(
        self,
        *,
        bundle: Path,
        source: Path,
        out: Path,
        weights: Path | None = None,
        site: Path | None = None,
        overrides: Mapping[str, Any] | None = None,
        workers: int = 0,
    ) -> None:
        self.configuration = configuration = Configuration.read(bundle, overrides or {})
        value = configuration.plain
        for key in CHOICES & configuration.values.keys():
            value(key)
        if value("heatmaps"):
            raise NeedsTorchError("heat maps need the network itself")
        if weights is None and configuration.values.get("weights") != WEIGHTS:
            raise NeedsTorchError("the configuration names its weights in a way of its own")
        weights = weights.resolve() if weights else bundle.resolve() / "models" / "model.pt"
        self.model = identify_model(
            bundle_root=bundle.resolve(),
            weights=weights,
            findings=value("findings"),
            settings=configuration.resolved("model settings", configuration.values["model"]["settings"]),
            digests=known_digests(weights.parent / "exports"),
        )
        if self.model.weights_sha256 is None or _trained_with_others(weights, self.model.findings):
            raise NeedsTorchError(f"{weights}: does not fit")
        self.network = Network(configuration, weights, self.model.weights_sha256, once=source.is_file())
        self.site = site_for(self.model, site if site is not None else value("site"))
        self.guard = InputGuard(header=value("check_header"), image=value("check_image"), rules=value("guard_rules"))
        settings = configuration.resolved("run_settings", configuration.values["run_settings"], self.site.digest)
        self.outputs = _outputs(configuration, out, self.model, settings)
        self.table = PredictionTable(folder=out, model=self.model, run=settings)
        self.records = list_radiographs(source, journal=self.table, exclude=out)
        self.workers = min(workers, len(self.records))

    def __call__(self) -> PredictionTable:
        """Predict every file and write the tables."""
        size: int = self.configuration.plain("batch_size")
        batches: Iterable[Sequence[Item]] = _batches(self._items(), size)
        if self.configuration.plain("progress_bar") and len(self.records) > size:
            from tqdm import tqdm

            batches = tqdm(batches, desc="inference", total=-(-len(self.records) // size))
        for batch in batches:
            self._add(batch)
        self.table.finish(self.network.answered_by)
        return self.table

    def _items(self) -> Iterator[Item]:
        if self.workers < 2:
            yield from map(self._read, self.records)
            return
        with ThreadPoolExecutor(self.workers) as pool:
            yield from _ahead(pool, self._read, self.records, 4 * self.workers)

    def _read(self, record: Record) -> Item:
        value = self.configuration.plain
        size, fit, exact = value("image_size"), value("fit"), value("exact_pixels")
        return tolerant_item(
            record,
            lambda one: network_input(one["image"], image_size=size, fit=fit, exact=exact),
            (1, size, size),
            self.guard,
        )

    def _add(self, batch: Sequence[Item]) -> None:
        answers: Iterator[list[float]] = iter(())
        if readable := [item["image"] for item in batch if item["status"] == "ok"]:
            answers = iter(self.network(np.stack(readable)).tolist())
        results = []
        for item in batch:
            answer = next(answers) if item["status"] == "ok" else []
            result = image_result(item, answer, self.site, self.model.findings)
            if result.status == "ok":
                result = write_outputs(self.outputs, result, Path(item["path"]), item["image"], logger.warning)
            results.append(result)
        self.table.add(results)


def _outputs(
    configuration: Configuration, folder: Path, model: ModelIdentity, run: Mapping[str, Any]
) -> list[ResultOutput]:
    outputs: list[ResultOutput] = []
    value = configuration.plain
    if value("sr"):
        from ...results.structured_report import StructuredReports

        outputs.append(
            StructuredReports(
                folder=folder / "sr",
                model=model,
                run=run,
                clinical_use=value("clinical_use"),
                sop_class=value("sr_class"),
            )
        )
    if value("fhir"):
        from ...results.fhir import FhirReports

        outputs.append(FhirReports(folder=folder / "fhir", model=model))
    return outputs


def _trained_with_others(weights: Path, findings: Sequence[str]) -> bool:
    """Whether the record of the training run beside the weights has other findings, or another order."""
    record = weights.with_name("config.yaml")
    return record.is_file() and load_yaml(record).get("findings", list(findings)) != list(findings)


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _ahead(
    pool: ThreadPoolExecutor, read: Callable[[Record], Item], records: Iterable[Record], depth: int
) -> Iterator[Item]:
    """Read in the pool, in order, at most `depth` files ahead of what was taken."""
    waiting: deque[Future[Item]] = deque()
    for record in records:
        waiting.append(pool.submit(read, record))
        if len(waiting) > depth:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
