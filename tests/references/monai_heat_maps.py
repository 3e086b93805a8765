"""Heat maps as MONAI's Grad-CAM draws them, which ours must equal."""

import copy

import torch
from monai.visualize import GradCAM

from lucency.inference.heatmaps import EvidenceMaps


def assert_maps_are_those_of_monai(network, image, *, rtol):
    """Two findings of one image (1, 1, H, W), on the features before the pooling of a DenseNet."""
    theirs = GradCAM(copy.deepcopy(network), "class_layers.relu")
    logits, maps = EvidenceMaps(network, baseline="zero")(image[0], findings=[0, 2])
    torch.testing.assert_close(logits, network(image)[0].detach())
    for ours, finding in zip(maps, (0, 2), strict=True):
        expected = theirs.compute_map(image, class_idx=finding)[0, 0].detach()
        torch.testing.assert_close(ours / ours.numel(), expected, rtol=rtol, atol=1e-6)
    assert maps.any()
    return maps
