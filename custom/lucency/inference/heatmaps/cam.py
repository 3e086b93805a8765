"""Heat maps of several findings after one forward pass."""

import difflib
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from ...files import first_few
from .formulas import FORMULAS
from .maps import Maps, batch_of, in_evaluation

Method = Literal["gradcam", "gradcam++", "hirescam"]
Baseline = Literal["image", "zero"]
BASELINES = {"image": "image average", "zero": "no evidence"}
NAMES = {"gradcam": "Grad-CAM", "gradcam++": "Grad-CAM++", "hirescam": "HiResCAM"}


class EvidenceMaps(Maps):
    r"""Where in an image a network finds what speaks for a finding.

    The map $m$ of `grad_cam` at the last layer before an averaging head, as the default is in a DenseNet, is exact: $m$
    plus the head's bias is the logit that the network would give if the whole image looked like this place, and the
    mean of that over all places is the logit that it does give. Elsewhere it holds to first order. `hires_cam` keeps it
    where gradients differ from place to place, as before a bilinear head. `grad_cam_plus_plus` leaves out the channels
    that speak against the finding; its values are no log-odds.

    A heat map is $\operatorname{ReLU}(m - \bar m)$, the log-odds of a place above those of the image. The paper's
    $\operatorname{ReLU}(m)$ (``baseline="zero"``) compares with a place of no features at all. A network that learns
    from rare or missing labels may keep its caution in the features rather than in the bias; then no place reaches
    zero, and the paper's map is empty even where the finding is.

    MONAI's classes give the same maps, but run the network once more for each finding and back to its first layer,
    clear the gradients of its parameters, never remove their hooks, and end in the ReLU.

    The network is used as it is in evaluation and left as it was.

    Args:
        network: image (1, C, S, S) to logits (1, L).
        layer: name of a module that gives a feature map (1, K, h, w), as ``network.named_modules()`` spells it.
        method: ``gradcam``, ``gradcam++`` or ``hirescam``.
        baseline: ``image`` or ``zero``.

    Raises:
        ConfigError: unknown layer, method or baseline.

    Example:
        >>> from monai.networks.nets import DenseNet121
        >>> maps = EvidenceMaps(DenseNet121(spatial_dims=2, in_channels=1, out_channels=14))
        >>> logits, heat = maps(torch.rand(1, 64, 64), findings=[0, 3])
        >>> logits.shape, heat.shape
        (torch.Size([14]), torch.Size([2, 2, 2]))
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        layer: str = "class_layers.relu",
        method: Method = "gradcam",
        baseline: Baseline = "image",
    ) -> None:
        for argument, value, known in (("method", method, FORMULAS), ("baseline", baseline, BASELINES)):
            if value not in known:
                raise ConfigError(f"heat maps: {argument} is {value!r}; give one of {', '.join(known)}")
        modules = dict(network.named_modules())
        if not layer or layer not in modules:
            near = difflib.get_close_matches(layer, modules, n=3) or [name for name, _ in network.named_children()]
            raise ConfigError(f"{type(network).__name__} has no layer {layer!r}; near names are {first_few(near, 8)}")
        self.network = network
        self.name, self.nothing = NAMES[method], BASELINES[baseline]
        self.layer: str = layer
        self.method = method
        self.baseline = baseline

    def values(self, image: Tensor, findings: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Logits and maps $m$, which are below 0 where a place speaks against a finding.

        Raises:
            ConfigError: the layer gives no feature map, or the logits do not follow from it.
        """
        with in_evaluation(self.network):
            features, logits = self._forward(batch_of(image, self.network))
            gradients = [
                torch.autograd.grad(logits[index], features, retain_graph=True, allow_unused=True)[0]
                for index in findings
            ]
        if any(gradient is None for gradient in gradients):
            raise ConfigError(f"heat maps: no logit follows from layer {self.layer!r}; name one on the way to the head")
        maps = FORMULAS[self.method](features.detach().float(), torch.cat(gradients).float())
        return logits.detach().float().cpu(), maps.cpu()

    def floor(self, values: Tensor) -> Tensor:
        """See `Maps.floor`; 0 where places are compared with none."""
        return super().floor(values) if self.baseline == "image" else torch.zeros(())

    def amount(self, heat: float, digits: int = 1) -> str:
        """See `Maps.amount`."""
        return f"{heat:+.{digits}f}{'' if self.method == 'gradcam++' else ' log-odds'}"

    def _forward(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Activations (1, K, h, w) of the layer, and logits (L,) that autograd can follow back to there."""
        kept: list[Tensor] = []

        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Tensor:
            if not isinstance(output, Tensor) or output.ndim != 4:
                shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
                raise ConfigError(f"heat maps: layer {self.layer!r} gives {shape}, no feature map; name a layer before")
            torch.set_grad_enabled(True)  # from here on, until the end of `no_grad`
            kept[:] = [output.detach().clone().requires_grad_()]
            return kept[0].clone()  # what follows may work in place

        hook = self.network.get_submodule(self.layer).register_forward_hook(keep)
        try:
            with torch.no_grad():
                logits = self.network(batch)
        finally:
            hook.remove()
        if not kept:
            raise ConfigError(f"heat maps: layer {self.layer!r} is not used in evaluation; name another")
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            raise ConfigError(f"heat maps: {type(self.network).__name__} gives no logits (B, L) in evaluation")
        return kept[0], logits[0]
