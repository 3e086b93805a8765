"""A network that does to a node's worker what an image's mark says, and else answers like its stock parent.

Named as ``network_def#_target_`` of a bundle. Marks are halves of the image that are white: MONAI's area resize keeps
them white. ``LUCENCY_ODD_SLEEP`` in the environment makes every answer so many seconds late.
"""

import os
import signal
import time
from typing import Any

import torch
from monai.networks.nets import DenseNet121


class OddDenseNet(DenseNet121):
    """DenseNet121 that hangs on a white top, is killed by a white bottom, and eats memory on a white left."""

    def forward(self, x: torch.Tensor) -> Any:
        if x.max() > 0:  # the black image of a warm-up is answered at once
            time.sleep(float(os.environ.get("LUCENCY_ODD_SLEEP", "0")))
        half = x.shape[-1] // 2
        for image in x:
            if image[:, :half].min() > 0.9:
                time.sleep(3600)
            elif image[:, half:].min() > 0.9:
                os.kill(os.getpid(), signal.SIGKILL)
            elif image[:, :, :half].min() > 0.9:
                eaten = []
                while True:
                    eaten.append(bytearray(100_000_000))
        return super().forward(x)
