"""The files that a result becomes: a structured report, and by choice heat maps and a FHIR document."""

import copy
import shutil
from pathlib import Path
from typing import TypeVar

from torch import Tensor

from ...errors import ConfigError
from ...inference.heatmaps import HeatmapWriter
from ...results.fhir import FhirReports
from ...results.schema import ImageResult
from ...results.structured_report import StructuredReports
from .bundle_parts import BundleParts

REPORT = "1-report.dcm"
HEATMAP = "2-heatmap-{finding}.dcm"
FHIR = "fhir.json"
Writer = TypeVar("Writer", StructuredReports, HeatmapWriter, FhirReports)


class Products:
    """Write the results of a bundle with the writers of its own configuration.

    Args:
        parts: of the bundle; its keys ``sr``, ``heatmaps`` and ``fhir`` say which writers there are.

    Raises:
        ConfigError: the configuration makes no structured reports.
    """

    def __init__(self, parts: BundleParts) -> None:
        self._writers = [writer for writer in parts.get("outputs") if writer is not None]
        reports = [writer for writer in self._writers if isinstance(writer, StructuredReports)]
        if not reports:
            raise ConfigError(f"{parts.files[0]}: outputs: lucency.results.StructuredReports is missing; add it")
        self._reports = reports[0]

    def report(self, result: ImageResult, source: Path, folder: Path) -> None:
        """Write `1-report.dcm`.

        Args:
            result: status ``ok``.
            source: the DICOM file that was read.
            folder: where it goes.

        Raises:
            LucencyError: no report can be made of this header.
        """
        _into(self._reports, folder).write(result.model_copy(update={"file": REPORT}), source)

    def heatmaps(self, result: ImageResult, source: Path, image: Tensor, folder: Path) -> None:
        """Write `2-heatmap-<finding>.dcm` for the findings that the bundle shows; nothing without the option.

        Args:
            result: status ``ok``.
            source: the DICOM file that was read.
            image: what the network saw, (1, S, S).
            folder: where they go; holds all of them or none.

        Raises:
            LucencyError: they cannot be made of this file.
        """
        drawn = folder / "heatmaps"
        try:
            for writer in self._writers:
                if isinstance(writer, HeatmapWriter):
                    _into(writer, folder).write(result.model_copy(update={"file": drawn.name}), source, image)
            for file in sorted(drawn.glob("*.dcm")):
                file.rename(folder / HEATMAP.format(finding=file.stem))
        finally:
            shutil.rmtree(drawn, ignore_errors=True)

    def fhir(self, result: ImageResult, folder: Path) -> None:
        """Write `fhir.json`; nothing without the option.

        Args:
            result: status ``ok``.
            folder: where it goes.
        """
        for writer in self._writers:
            if isinstance(writer, FhirReports):
                _into(writer, folder).write(result.model_copy(update={"file": FHIR.removesuffix(".json")}))


def _into(writer: Writer, folder: Path) -> Writer:
    """The same writer for another folder."""
    writer = copy.copy(writer)
    writer.folder = folder
    return writer
