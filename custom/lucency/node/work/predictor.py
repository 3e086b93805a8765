"""The answer of a bundle to one file: the same as that of `lucency predict`, without starting anew for each."""

import hashlib
import json
from contextlib import nullcontext
from pathlib import Path

import torch
from monai.utils.enums import CommonKeys
from torch import Tensor

from ...inference.predictions_writer import image_result
from ...inference.tolerant_dataset import TolerantDataset
from ...results.model_identity import ModelIdentity
from ...results.schema import ImageResult
from ..settings import NodeSettings
from .bundle_parts import BundleParts
from .limits import ran_out_of_memory


class Predictor:
    """Build what the inference.yaml of a bundle describes, once, and answer file after file.

    The backend has answered a black image when the constructor returns, so that what is wrong with weights, exports
    or configuration is known before the first radiograph comes.

    Args:
        settings: of them bundle, weights, site, backend, precision, overrides, and what concerns reports.

    Attributes:
        parts: what was built.
        identity: which model answers.
        recipe: digest of all that, beside the image, decides about the identity of a report; other weights, version,
            site file, SOP class or use make other reports, another backend or precision does not.

    Raises:
        ConfigError: weights, site file, backend or a key do not fit.
    """

    def __init__(self, settings: NodeSettings) -> None:
        self.parts = BundleParts(settings)
        self.identity: ModelIdentity = self.parts.get("model")
        self.recipe = recipe_of(self.identity, self.parts.get("assessment").digest, settings)
        self._site = self.parts.get("assessment")
        self._transform, self._guard = self.parts.get("preprocessing"), self.parts.get("guard")
        self._shape = (1, int(self.parts.get("image_size")), int(self.parts.get("image_size")))
        self._device, self._amp = self.parts.get("device"), bool(self.parts.get("amp"))
        self._inferer, self._postprocessing = self.parts.get("inferer"), self.parts.get("postprocessing")
        self.parts.load_weights()
        self._engine = self.parts.get("engine").eval()
        self._answer(torch.zeros(self._shape))

    @property
    def answered_by(self) -> str:
        """Backend and precision."""
        return str(self._engine.answered_by)

    def predict(self, path: str | Path) -> tuple[ImageResult, Tensor]:
        """Answer one file.

        Returns:
            Its result, in which `file` is the name of the file, and what the network saw, (1, S, S), float32 in [0, 1]
            on the CPU; black unless the status is ``ok``.

        Raises:
            MemoryError: its pixels need more memory than there is. Whatever else is wrong with the file is told by the
                result.
        """
        path = Path(path)
        record = {"image": str(path), "file": path.name}
        item = _Watched([record], self._transform, self._shape, self._guard)[0]
        answer = self._answer(item["image"]) if item["status"] == "ok" else []
        return image_result(item, answer, self._site, self.identity.findings), item["image"]

    @torch.no_grad()
    def _answer(self, image: Tensor) -> list[float]:
        images = image[None].to(self._device)
        with torch.autocast("cuda") if self._amp else nullcontext():
            logits = self._inferer(images, self._engine)
        output = self._postprocessing({CommonKeys.IMAGE: images, CommonKeys.PRED: logits})
        answer: list[float] = output[CommonKeys.PRED][0].detach().float().cpu().tolist()
        return answer


class _Watched(TolerantDataset):
    """Tells a lack of memory, which is the node's own limit, from a file that cannot be read."""

    def failure(self, error: Exception) -> dict[str, str]:
        if ran_out_of_memory(error):
            raise MemoryError("the file needs more memory than a job may take") from error
        return super().failure(error)


def recipe_of(model: ModelIdentity, site: str | None, settings: NodeSettings) -> str:
    """Digest what `structured_report` derives a report's identifier from, but for the image.

    Args:
        model: which model answers.
        site: digest of the site file.
        settings: of them `sr_class` and `clinical_use`.
    """
    parts = [model.name, model.version, model.fingerprint, site, settings.sr_class, settings.clinical_use]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
