"""What becomes of one file: its result from the network's answer, and the further forms of that result."""

import errno
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import causes, explanation, one_line
from ..results.schema import IDENTIFIERS, GuardResult, ImageResult
from .site import Site


class ResultOutput(Protocol):
    """A further form of a result: a DICOM SR, a FHIR document, heat maps."""

    def write(self, result: ImageResult, source: Path, image: Any) -> None:
        """Write it for one image whose status is ``ok``.

        Args:
            result: the complete result.
            source: the file that was read.
            image: what the network saw, (1, S, S), on the CPU: a tensor, or an array where PyTorch is not used.
        """


def image_result(item: Mapping[str, Any], answer: Sequence[float], site: Site, findings: Sequence[str]) -> ImageResult:
    """Make the result of one file.

    Args:
        item: as `tolerant_item` describes the file.
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


def write_outputs(
    outputs: Sequence[ResultOutput], result: ImageResult, source: Path, image: Any, warn: Callable[[str], object]
) -> ImageResult:
    """Write the further forms of a result whose status is ``ok``; one that fails becomes a note of the result.

    Args:
        outputs: the forms.
        result: of one file.
        source: that file.
        image: what the network saw.
        warn: is told in one line, without the file's name, that something was not written.

    Raises:
        Exception: the disk is full; when there is space again, nothing must be missing.
    """
    notes = []
    for output in outputs:
        try:
            output.write(result, source, image)
        except Exception as error:  # a report that cannot be written must not cost the probabilities
            if disk_is_full(error):
                raise
            name = type(output).__name__
            notes.append(f"{name}: {explanation(error) or one_line(f'{type(error).__name__}: {error}')}")
            warn(f"{name}: nothing written for one file; the notes of predictions.csv say why")
    return result.model_copy(update={"notes": (*result.notes, *notes)}) if notes else result


def disk_is_full(error: BaseException) -> bool:
    """Tell whether a full disk, quota or file size limit is among the causes of an error."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return any(isinstance(cause, OSError) and cause.errno in full for cause in causes(error))
