"""From files to 14 probabilities each, as users of each package would have it done, with one and the same network."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from monai.data import DataLoader, Dataset, PydicomReader
from monai.engines import SupervisedEvaluator
from monai.inferers import SimpleInferer
from monai.transforms import Activationsd, Compose, EnsureChannelFirstd, LoadImaged, Resized, ScaleIntensityd
from torch import Tensor, nn

from lucency.inference.backends import export_network
from lucency.node.settings import NodeSettings
from lucency.node.work.predictor import Predictor
from lucency.release.golden import BundlePipeline, golden_images, seeded_weights

from .loaders import BUNDLE, CV2, DEFAULT, SIZE, torchxrayvision
from .peers import named

Classifier = Callable[[Sequence[Path]], Tensor]
"""From files to probabilities (N, 14)."""
BACKENDS = {
    "torch fp32": ("torch", "fp32"),
    "ONNX Runtime fp32": ("onnxruntime", "fp32"),
    "OpenVINO fp32": ("openvino", "fp32"),
    "OpenVINO bf16": ("openvino", "bf16"),
}
MONAI = "MONAI evaluator"


def exported(folder: Path) -> tuple[nn.Module, Path]:
    """The network as a script would make it, with drawn weights, which cost the same, and its exports beside them."""
    pipeline = BundlePipeline(BUNDLE)
    weights = seeded_weights(pipeline, 0, folder)
    network, images = pipeline.network(weights), pipeline.preprocess(golden_images(BUNDLE))
    backends = sorted({backend for backend, _ in BACKENDS.values()})
    options = {"weights": weights, "folder": folder / "exports", "backends": backends}
    export_network(network, images, precisions=["fp32", "bf16"], rounds=0, **options)
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload] # as a script makes it
    return network, weights


def predictor(name: str, weights: Path, folder: Path) -> Predictor:
    """What a worker of the node answers with: the bundle's inference.yaml, input guard and all."""
    backend, precision = BACKENDS[name]
    return Predictor(
        NodeSettings(
            bundle=BUNDLE,
            weights=weights,
            state=folder,
            pacs="NOBODY@127.0.0.1:104",  # no result is sent
            backend=backend,
            precision=precision,
        )
    )


def ours(predictor: Predictor) -> Classifier:
    """One file after another."""

    def classify(files: Sequence[Path]) -> Tensor:
        results = [predictor.predict(file)[0] for file in files]
        return torch.tensor([[answer.raw_probability for answer in result.findings] for result in results])

    return classify


def script(network: nn.Module, engine: str) -> Classifier | None:
    """A script over TorchXRayVision's loader: one image after another through the eager network."""
    load = torchxrayvision(engine)
    if load is None:
        return None

    @torch.no_grad()
    def classify(files: Sequence[Path]) -> Tensor:
        return torch.cat([network(load(file)[None]).sigmoid() for file in files])

    return classify


def evaluator(network: nn.Module) -> Classifier:
    """The inference workflow of a MONAI bundle: stock transforms, `DataLoader`, `SupervisedEvaluator`."""
    steps = [
        LoadImaged("image", reader=PydicomReader()),
        EnsureChannelFirstd("image"),
        ScaleIntensityd("image"),
        Resized("image", spatial_size=(SIZE, SIZE), mode="area"),
    ]
    transform, activate = Compose(steps), Activationsd("pred", sigmoid=True)

    def classify(files: Sequence[Path]) -> Tensor:
        answers: list[Tensor] = []
        engine = SupervisedEvaluator(
            device=torch.device("cpu"),
            val_data_loader=DataLoader(Dataset([{"image": str(file)} for file in files], transform), batch_size=1),
            network=network,
            inferer=SimpleInferer(),
            postprocessing=activate,
        )
        engine.add_event_handler("ITERATION_COMPLETED", lambda e: answers.extend(i["pred"] for i in e.state.output))
        engine.run()
        return torch.stack([torch.as_tensor(answer) for answer in answers])

    return classify


def peers(network: nn.Module) -> dict[str, Classifier]:
    """Those that are installed, by the name that `label` explains; all compute the network in fp32 with PyTorch."""
    found = {DEFAULT: script(network, "skimage"), CV2: script(network, "cv2"), MONAI: evaluator(network)}
    return {name: classifier for name, classifier in found.items() if classifier is not None}


def label(name: str) -> str:
    """A peer with its version and settings, for the table."""
    if name == MONAI:
        return named("monai", "SupervisedEvaluator")
    return named("torchxrayvision", "script with skimage" if name == DEFAULT else "script with cv2")
