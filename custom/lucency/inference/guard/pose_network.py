"""The small network that knows an upright frontal chest radiograph when it sees one."""

import torch
from torch import Tensor, nn

from .image_network import SIZE
from .poses import POSES, undone


class PoseNetwork(nn.Module):
    r"""One distribution over 17 answers: a frontal chest in eight poses, as it is or inverted, or something else.

    A small convolutional network $f$ looks at all eight views $T_k^{-1} x$ of an image $x$, and says of each how much
    it resembles an upright chest ($f_1$), an upright inverted one ($f_2$) and no chest at all ($f_3$):

    $$\text{logits} = (f_1(T_1^{-1} x), \dots, f_1(T_8^{-1} x), f_2(T_1^{-1} x), \dots, f_2(T_8^{-1} x),
      \tfrac18 \textstyle\sum_k f_3(T_k^{-1} x))$$

    A turned image so has the same answers in another order: what is learnt of upright chests holds for all poses, and
    training needs no turned images (group-equivariant averaging; Cohen and Welling, ICML 2016, arXiv:1602.07576).

    Example:
        >>> network = PoseNetwork().eval()
        >>> image = torch.rand(1, 1, 64, 64)
        >>> answers, turned = network(image), network(POSES[4].apply(image))
        >>> answers.shape, bool(torch.isclose(answers[0, 0], turned[0, 4], atol=1e-5))
        (torch.Size([1, 17]), True)
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_block(1, 16, kernel=5, stride=2),
            *_block(16, 32, kernel=3, stride=2),
            *_block(32, 48, kernel=3, stride=2),
            *_block(48, 48, kernel=3, stride=1),
            nn.MaxPool2d(2),
            nn.Flatten(),  # where something lies is what tells left from right
            nn.Dropout(0.2),
        )
        self.answer = nn.Sequential(nn.Linear(48 * (SIZE // 16) ** 2, 48), nn.ReLU(), nn.Linear(48, 3))

    def forward(self, images: Tensor) -> Tensor:
        """Answer for images that `prepare` has made.

        Args:
            images: (B, 1, 64, 64) float32, equalised to [-1, 1].

        Returns:
            (B, 17) logits: eight poses, the same eight inverted, something else.
        """
        views: Tensor = self.answer(self.features(undone(images)))
        chest, inverted, other = views.view(-1, len(POSES), 3).unbind(-1)
        return torch.cat([chest, inverted, other.mean(1, keepdim=True)], dim=1)


def _block(channels: int, out: int, kernel: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels, out, kernel, stride, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(out), nn.ReLU()
