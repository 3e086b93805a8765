"""The output of a prediction run that files a structured report for every radiograph."""

import importlib.util
import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pydicom
from pydicom import Dataset, dcmwrite

from ...errors import LucencyError
from ...files import write_atomically
from .. import codes
from ..model_identity import ModelIdentity
from ..schema import ImageResult
from ..source_header import source_header
from .builder import REMEDY, SopClass, check_sop_class, stamp, structured_report
from .quiet import quiet_highdicom

SUFFIX = ".dcm"


class StructuredReports:
    """Write one DICOM structured report a radiograph, under the name of its file.

    The identifiers follow from image, model and site (see `structured_report`), so a run that is repeated or resumed
    makes no second report: a report that is already there with equal content stays as it is, byte for byte.

    Args:
        folder: output folder; ``a/b.dcm`` gets ``folder/a/b.dcm``, ``a/b`` gets ``folder/a/b.dcm``.
        model: which model answers.
        run: how it is run; see `structured_report`.
        clinical_use: leave out the statement that a report is not for clinical use.
        sop_class: ``Comprehensive3DSR``, or ``ComprehensiveSR`` for archives that do not take the first.

    Raises:
        LucencyError: highdicom is not installed, or the SOP class is unknown.

    Example:
        >>> model = ModelIdentity(name="bundle", version="1.0.0", findings=("mass",), weights_sha256=None)
        >>> StructuredReports(folder="out", model=model, sop_class="BasicTextSR")
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: sop_class: 'BasicTextSR' is unknown; choose Comprehensive3DSR or ComprehensiveSR
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        model: ModelIdentity,
        run: Mapping[str, Any] | None = None,
        clinical_use: bool = False,
        sop_class: SopClass = "Comprehensive3DSR",
    ) -> None:
        check_sop_class(sop_class)
        if importlib.util.find_spec("highdicom") is None:
            raise LucencyError(REMEDY)
        self.folder = Path(folder)
        self.model = model
        self.run = dict(run or {})
        self.clinical_use = clinical_use
        self.sop_class: SopClass = sop_class

    def write(self, result: ImageResult, source: Path, image: Any = None) -> None:
        """Write the report of one radiograph.

        Args:
            result: complete, with status ``ok``.
            source: the DICOM file that was read.
            image: not used; other outputs of a run need it.

        Raises:
            LucencyError: the source is no DICOM or lacks what a report must refer to; a file that is no report of ours
                stands in the way; the report cannot be written.
        """
        target = self.path_of(result, Path(source))
        report = structured_report(
            result,
            source_header(source),
            self.model,
            run=self.run,
            clinical_use=self.clinical_use,
            sop_class=self.sop_class,
        )
        if target.exists() and _holds(target, report):
            return
        stamp(report, datetime.now())
        write_atomically(target, _encoded(report))

    def path_of(self, result: ImageResult, source: Path) -> Path:
        """Where the report of a file lies; the suffix is not doubled, unless ``a`` and ``a.dcm`` would then collide."""
        name = result.file
        if not name.lower().endswith(SUFFIX):
            name += f".sr{SUFFIX}" if source.with_name(source.name + SUFFIX).exists() else SUFFIX
        return self.folder / name


def _holds(target: Path, report: Dataset) -> bool:
    """Tell whether a file has the bytes that the report would have, had it been made at the same moment.

    Raises:
        LucencyError: the file is something else, such as the radiograph itself.
    """
    try:
        present = target.read_bytes()
        with quiet_highdicom():
            there = pydicom.dcmread(io.BytesIO(present), stop_before_pixels=True)
            stamp(report, datetime.strptime(f"{there.ContentDate}{there.ContentTime}", "%Y%m%d%H%M%S.%f"))
            ours = (there.Modality, there.Manufacturer) == ("SR", codes.MANUFACTURER)
    except Exception:  # whatever it is, it is not ours to replace
        ours = False
    if not ours:
        raise LucencyError(f"{target}: is there and is no report of Lucency's; choose another output folder")
    return present == _encoded(report)


def _encoded(report: Dataset) -> bytes:
    buffer = io.BytesIO()
    with quiet_highdicom():
        dcmwrite(buffer, report, enforce_file_format=True)
    return buffer.getvalue()
