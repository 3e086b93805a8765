"""The optional output of a prediction run that shows where in an image the evidence lies."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from ...bundle.keys import suggestion
from ...errors import ConfigError, LucencyError
from ...files import write_atomically
from ...labels import display_name
from ...results.model_identity import ModelIdentity
from ...results.schema import FindingResult, ImageResult
from ...transforms import read_radiograph
from .cam import Baseline
from .caption import BAR, add_caption, caption
from .geometry import Fit, on_radiograph, seen
from .methods import Method, maps_of
from .overlay import draw_overlay, screen_size
from .secondary_capture import secondary_capture

FULL_SCALE = 1.0  # heat below which no place is drawn at full strength
NEGLIGIBLE = 0.1  # heat below which no place is visible
TOP = 3
AGREEMENT = 0.05  # in probability: reduced precision may differ by this much, another model differs by more


class HeatmapWriter:
    """Write heat maps of one image, a file a finding: ``folder/<file>/<finding>.png`` and ``.dcm``.

    The strength of a colour is the heat of a place divided by that of the strongest of this map, or by 1 where no place
    reaches that: weak evidence looks weak, and a map without any shows the plain radiograph and says so. Of attention,
    1 is twice the average.

    Args:
        folder: where the files go.
        network: the network that gave the probabilities, with its weights; see `EvidenceMaps` and `AttentionMaps`.
        findings: finding ids, in the order of its logits.
        model: what it is called.
        layer: name of the module whose feature map is shown; attention takes no notice of it.
        method: ``gradcam``, ``gradcam++``, ``hirescam`` or ``attention``.
        baseline: what a place is compared with: ``image`` or, but for attention, ``zero``.
        show: ``present``, findings called present; ``top``, the three most probable; ``auto``, the former where the
            result holds decisions, else the latter; or a list of finding ids.
        fit: ``pad`` or ``crop``, as in the preprocessing.
        formats: ``png``, ``dicom`` (for DICOM sources; needs highdicom), or both.

    Raises:
        ConfigError: unknown layer, method, finding, format, or choice of findings.
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        network: nn.Module,
        findings: Sequence[str],
        model: ModelIdentity,
        layer: str = "class_layers.relu",
        method: Method = "gradcam",
        baseline: Baseline = "image",
        show: Literal["auto", "present", "top"] | Sequence[str] = "auto",
        fit: Fit = "pad",
        formats: Sequence[Literal["png", "dicom"]] = ("png",),
    ) -> None:
        self.folder = Path(folder)
        self.findings = list(findings)
        self.model = model
        self.show = show if isinstance(show, str) else list(show)
        self.fit = fit
        self.formats = [formats] if isinstance(formats, str) else list(formats)
        if isinstance(self.show, str):
            _check_known("show", [self.show], ["auto", "present", "top"])
        else:
            _check_known("show", self.show, self.findings)
        _check_known("fit", [fit], ["pad", "crop"])
        _check_known("formats", self.formats, ["png", "dicom"])
        self.maps = maps_of(network, layer=layer, method=method, baseline=baseline)

    def write(self, result: ImageResult, source: Path, image: Tensor) -> None:
        """Write the files of one image; written again they are the same.

        Args:
            result: of the image; its findings decide what is shown.
            source: the file that was read.
            image: (1, S, S), preprocessed.

        Raises:
            LucencyError: the source cannot be read again, the network does not give the probabilities of `result`, no
                operating point tells what is ``present``, or DICOM is asked for and the source is none (PNG files are
                written all the same).
        """
        chosen = self._chosen(result)
        if not chosen:
            return
        radiograph = read_radiograph(source)
        logits, maps = self.maps(image, [self.findings.index(finding.finding) for finding in chosen])
        self._check(result, logits, maps)
        pictures = {
            finding.finding: self._picture(finding, heat.numpy(), image.shape[-1], radiograph)
            for finding, heat in zip(chosen, maps, strict=True)
        }
        folder = self.folder / result.file
        if "png" in self.formats:
            for name, picture in pictures.items():
                write_atomically(folder / f"{name}.png", _png(picture))
        if "dicom" in self.formats:
            for name, picture in pictures.items():
                write_atomically(folder / f"{name}.dcm", self._dicom(name, picture, source))

    def _picture(
        self, finding: FindingResult, heat: NDArray[np.float32], size: int, radiograph: NDArray[np.float32]
    ) -> NDArray[np.uint8]:
        shape = (radiograph.shape[0], radiograph.shape[1])
        strongest = float(heat.max())
        full = max(strongest, FULL_SCALE)
        strength = on_radiograph(heat / full, size=size, shape=shape, displayed=screen_size(shape), fit=self.fit)
        method = self.maps.name if self.maps.layer is None else f"{self.maps.name} of {self.maps.layer}"
        lines = caption(finding, self._scale(strongest, full), f"{method}, {self.model.name} {self.model.version}")
        return add_caption(draw_overlay(radiograph, strength, seen(shape, self.fit)), lines)

    def _dicom(self, name: str, picture: NDArray[np.uint8], source: Path) -> bytes:
        return secondary_capture(
            picture,
            source,
            title=display_name(name),
            number=self.findings.index(name) + 1,
            model=self.model,
            method=self.maps.name,
            layer=self.maps.layer,
        )

    def _scale(self, strongest: float, full: float) -> str:
        if strongest < NEGLIGIBLE:
            return f"no place stands out ({self.maps.amount(strongest, digits=2)} at most)"
        return f"{self.maps.nothing} {BAR} {self.maps.amount(full)}"

    def _chosen(self, result: ImageResult) -> list[FindingResult]:
        if not isinstance(self.show, str):
            return [finding for finding in result.findings if finding.finding in self.show]
        decided = any(finding.decision for finding in result.findings)
        if self.show == "present" and not decided:
            raise LucencyError(
                f"{result.file}: no heat maps: nothing is called present without operating points; "
                "give a site.yaml that has them, or show: top"
            )
        if self.show == "present" or (self.show == "auto" and decided):
            return [finding for finding in result.findings if finding.decision == "present"]
        return sorted(result.findings, key=lambda finding: -finding.probability)[:TOP]

    def _check(self, result: ImageResult, logits: Tensor, maps: Tensor) -> None:
        if len(logits) != len(self.findings):
            raise ConfigError(f"heat maps: {len(logits)} logits for {len(self.findings)} findings; mend network_def")
        if not maps.isfinite().all():
            raise LucencyError(f"{result.file}: no heat maps: they are not finite; check the weights")
        answers = dict(zip(self.findings, torch.sigmoid(logits).tolist(), strict=True))
        for finding in result.findings:
            answer = answers[finding.finding]
            if not abs(answer - finding.raw_probability) <= AGREEMENT:
                raise LucencyError(
                    f"{result.file}: no heat maps: the network to be explained gives {answer:.3f} for "
                    f"{finding.finding}, the result says {finding.raw_probability:.3f}; load the same weights into it"
                )


def _check_known(argument: str, values: Sequence[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            hint = suggestion(str(value), known) or f"; known are {', '.join(known)}"
            raise ConfigError(f"heat maps: {argument} has {value!r}{hint}")


def _png(picture: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)  # three times as fast as the default
    return buffer.getvalue()
