"""Looking before thinking: is this image one that the model was made for?"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom import Dataset

from ...errors import ConfigError
from ...results.schema import GuardResult
from .header_rules import check_header
from .image_check import Answer, ImageCheck
from .merging import Found, guard_result
from .poses import POSES
from .rules import read_rules

SMALLEST = 32


class InputGuard:
    """Judge radiographs by header and by content: accept, accept with a warning, or refuse, with the reasons.

    An object holds no state of torch or of a file: it pickles, and forked data-loading workers share it.

    Args:
        header: whether `check_header` looks.
        image: whether `check_image` looks.
        rules: rules to change, such as ``{"orientation": {"other": "refuse"}}``; see `Rules` for all.

    Raises:
        ConfigError: a rule that does not exist or makes no sense.

    Example:
        >>> dataset = Dataset()
        >>> dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.1", "CR"
        >>> dataset.PhotometricInterpretation, dataset.BodyPartExamined = "MONOCHROME2", "CHEST"
        >>> dataset.ViewPosition = "LL"
        >>> InputGuard(image=False).check_header(dataset)
        GuardResult(outcome='refuse',
            reasons=("(0018,5101) ViewPosition: 'LL' (LATERAL); only PA and AP and FRONTAL are judged",))
    """

    def __init__(self, *, header: bool = True, image: bool = True, rules: Mapping[str, Any] | None = None) -> None:
        if rules is not None and not isinstance(rules, Mapping):
            raise ConfigError(f"guard rules: {rules!r:.40} is no mapping; give rule names and what changes of them")
        self.header = header
        self.rules = read_rules(rules)
        self.network = ImageCheck() if image else None

    def check_header(self, dataset: Dataset | None) -> GuardResult:
        """Judge by the header; see `Rules`.

        Args:
            dataset: a DICOM header, with or without pixels; ``None`` for formats that have none.

        Returns:
            What was found; ``not_run`` where there is no header or the header check is off. Nothing is raised.
        """
        if dataset is None or not self.header:
            return GuardResult()
        return check_header(dataset, self.rules)

    def check_image(self, image: ArrayLike) -> GuardResult:
        """Judge by the content; see `PoseNetwork`.

        Args:
            image: (H, W) in [0, 1] as the reader displays it, of any size from 32 pixels on; black padding at the
                sides makes no difference. An array or a tensor on the CPU.

        Returns:
            What was found; ``not_run`` where the image check is off.

        Raises:
            ConfigError: not two axes.
        """
        if self.network is None:
            return GuardResult()
        pixels = np.asarray(image, dtype=np.float32)
        if pixels.ndim != 2:
            raise ConfigError(f"check_image: image of shape {pixels.shape}; give one image (H, W)")
        unusable = _unusable(pixels)
        if unusable:
            return GuardResult(outcome="refuse", reasons=(unusable,))
        return guard_result(self._judged(self.network(pixels), self.network))

    def _judged(self, answer: Answer, check: ImageCheck) -> Iterator[Found]:
        if answer.other > check.thresholds.sure:
            yield self.rules.chest.other, f"image: is no frontal chest radiograph (probability {answer.other:.2f})"
        elif answer.other > check.thresholds.other:
            sure = f"(probability {answer.other:.2f})"
            yield self.rules.chest.doubtful, f"image: looks little like a frontal chest radiograph {sure}"
        elif answer.upright < check.thresholds.upright:
            sure = f"(probability {answer.fault:.2f})"
            if answer.inverted:
                yield self.rules.inversion.other, f"image: looks inverted, dense parts dark {sure}"
            if answer.pose != POSES[0].name:
                yield self.rules.orientation.other, f"image: looks {answer.pose} {sure}"


def _unusable(pixels: NDArray[np.float32]) -> str:
    if min(pixels.shape) < SMALLEST:
        return f"image: {pixels.shape[0]} x {pixels.shape[1]} pixels are too few to judge; {SMALLEST} are needed"
    if not np.isfinite(pixels).all():
        return "image: has values that are not finite"
    return "image: is of one grey alone" if np.ptp(pixels) == 0 else ""
