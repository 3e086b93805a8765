"""A network whose evidence is known: each logit looks at one quadrant of the image."""

import torch
from torch import Tensor, nn


class Quadrants(nn.Module):
    """Four logits, each the mean of one quadrant of the image, less a caution that lies in the features."""

    def __init__(self, caution: float = 0.0) -> None:
        super().__init__()
        self.features = nn.Identity()
        self.head = nn.Linear(5, 4)
        with torch.no_grad():
            self.head.weight.copy_(torch.cat([torch.eye(4), torch.full((4, 1), -caution)], dim=1))
            self.head.bias.zero_()

    def forward(self, image: Tensor) -> Tensor:
        size = image.shape[-1] // 2
        masks = torch.zeros(1, 5, 2 * size, 2 * size)
        masks[0, 4] = 1
        for number in range(4):
            row, column = divmod(number, 2)
            masks[0, number, row * size : (row + 1) * size, column * size : (column + 1) * size] = 1
        with_caution = torch.cat([image.expand(-1, 4, -1, -1), torch.ones_like(image)], dim=1)
        features = self.features(nn.functional.avg_pool2d(masks * with_caution, 4))
        return self.head(features.mean((2, 3)))


def mass_by_quadrant(heat: Tensor) -> Tensor:
    """Shares of a map's sum in its quadrants, row by row."""
    rows, columns = heat.shape[0] // 2, heat.shape[1] // 2
    mass = torch.stack([part.sum() for half in heat.split(rows) for part in half.split(columns, dim=1)])
    return mass / mass.sum()
