"""A network whose attention is known: each logit looks more at one quadrant of the image than at the others."""

import torch
from torch import Tensor

from references.known_evidence import Quadrants


class Attending(Quadrants):
    """Every place has an equal share of 1 - focus, and the places of a logit's own quadrant share the focus."""

    def __init__(self, focus: float = 1.0) -> None:
        super().__init__()
        self.focus = focus

    def attention(self, image: Tensor) -> Tensor:
        side = image.shape[-1] // 4
        shares = torch.full((1, 4, side, side), (1 - self.focus) / side**2)
        for number in range(4):
            row, column = divmod(number, 2)
            half = side // 2
            shares[0, number, row * half :, column * half :][:half, :half] += self.focus / half**2
        return shares.expand(len(image), -1, -1, -1)
