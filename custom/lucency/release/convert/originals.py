"""The published networks that can be converted: their labels, their input, and where they come from."""

from dataclasses import dataclass

from ...bundle.keys import suggestion
from ...errors import ConfigError

SQUARE = 224  # rows and columns that the published networks see


@dataclass(frozen=True)
class Original:
    """What is known of a published network without its weights.

    Attributes:
        kind: its name on the command line.
        title: its name for people.
        labels: what its outputs are called where the weights file does not say, in its order.
        scale, offset: of every input channel; it was trained on ``scale * x + offset`` of an image x in [0, 1].
        preparation: what happens to a radiograph before that, in words.
        resizes: whether the shorter side before the crop can be chosen.
        references: papers and code.
    """

    kind: str
    title: str
    labels: tuple[str, ...]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    preparation: str
    resizes: bool
    references: tuple[str, ...]

    def prepare(self, resize: int | None = None) -> "Preparation":
        """The preparation with a chosen shorter side, or the usual one.

        Raises:
            ConfigError: there is no choice, or the shorter side is below the crop.
        """
        if resize is not None and not self.resizes:
            raise ConfigError(f"--resize {resize}: a {self.title} has one way to resize; leave --resize out")
        shorter_side = SQUARE if resize is None else resize
        if shorter_side < SQUARE:
            raise ConfigError(f"--resize {resize}: is below the {SQUARE} pixels that are cut out of the resized image")
        text = self.preparation.format(shorter_side=shorter_side)
        return Preparation(shorter_side=shorter_side, sentence=f"{text[0].upper()}{text[1:]}.")


@dataclass(frozen=True)
class Preparation:
    """How a radiograph is resized for a published network.

    Attributes:
        shorter_side: pixels of it before the crop.
        sentence: the whole preparation, in words.
    """

    shorter_side: int
    sentence: str


_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)

TORCHXRAYVISION = Original(
    kind="torchxrayvision",
    title="TorchXRayVision DenseNet121",
    labels=(
        "Atelectasis", "Consolidation", "Infiltration", "Pneumothorax", "Edema", "Emphysema", "Fibrosis", "Effusion",
        "Pneumonia", "Pleural_Thickening", "Cardiomegaly", "Nodule", "Mass", "Hernia", "Lung Lesion", "Fracture",
        "Lung Opacity", "Enlarged Cardiomediastinum",
    ),
    scale=(2048.0,),
    offset=(-1024.0,),
    preparation=(
        "the centred square is cut out and resized to 224 x 224 as XRayResizer does by default (scikit-image); "
        "grey levels from black to white count from -1024 to 1024"
    ),
    resizes=False,
    references=(
        "Cohen, J. P. et al. TorchXRayVision: A library of chest X-ray datasets and models. MIDL 2022",
        "Cohen, J. P. et al. On the limits of cross-domain generalization in automated X-ray prediction. MIDL 2020",
        "https://github.com/mlmed/torchxrayvision",
    ),
)  # fmt: skip

CHEXNET = Original(
    kind="chexnet",
    title="CheXNet-style DenseNet121",
    labels=(
        "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
        "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
    ),
    scale=tuple(1 / deviation for deviation in _IMAGENET_DEVIATION),
    offset=tuple(-mean / deviation for mean, deviation in zip(_IMAGENET_MEAN, _IMAGENET_DEVIATION, strict=True)),
    preparation=(
        "the shorter side is resized by Pillow's bilinear filter to {shorter_side} pixels, in 256 grey levels, and the "
        "centred 224 x 224 square is cut out; three equal channels are normalised with mean and deviation of ImageNet"
    ),
    resizes=True,
    references=(
        "Rajpurkar, P. et al. CheXNet: Radiologist-Level Pneumonia Detection on Chest X-Rays. 2017. arXiv 1711.05225",
        "With this preparation: https://github.com/jrzech/reproduce-chexnet (224 pixels)",
        "https://github.com/arnoweng/CheXNet and https://github.com/zoogzog/chexnet (256 pixels, mean of ten crops)",
    ),
)  # fmt: skip

ORIGINALS = {original.kind: original for original in (TORCHXRAYVISION, CHEXNET)}


def find_original(kind: str) -> Original:
    """The published network of a kind.

    Raises:
        ConfigError: unknown kind; the nearest is named.

    Example:
        >>> find_original("chexnett")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: --kind 'chexnett' is unknown; did you mean 'chexnet'? (there are: torchxrayvision,
            chexnet)
    """
    if kind not in ORIGINALS:
        raise ConfigError(
            f"--kind {kind!r} is unknown{suggestion(kind, ORIGINALS)} (there are: {', '.join(ORIGINALS)})"
        )
    return ORIGINALS[kind]
