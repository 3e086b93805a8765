import torch
from monai.inferers import SimpleInferer
from torch import nn

from lucency.engines import AutocastInferer
from lucency.losses import LabelCorrelations


class Recorder(nn.Module):
    """Passes its input on and notes in which precision its matrix product ran."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)
        self.ran_in = None

    def forward(self, image):
        answer = self.linear(image)
        self.ran_in = answer.dtype
        return answer


def test_off_it_is_the_simple_inferer():
    network, image = Recorder(), torch.rand(3, 4)
    assert torch.equal(AutocastInferer(enabled=False)(image, network), SimpleInferer()(image, network))
    assert network.ran_in == torch.float32


def test_on_the_network_runs_in_bfloat16_and_answers_in_float32():
    network, image = Recorder(), torch.rand(3, 4)
    answer = AutocastInferer(enabled=True)(image, network)
    assert network.ran_in == torch.bfloat16
    assert answer.dtype == torch.float32
    assert torch.allclose(answer, network(image), atol=0.02)
    answer.sum().backward()
    assert network.linear.weight.grad.dtype == torch.float32


class TwoHeads(Recorder):
    def forward(self, image):
        return [super().forward(image), super().forward(-image)]


def test_every_head_of_deep_supervision_answers_in_float32():
    answers = AutocastInferer(enabled=True)(torch.rand(3, 4), TwoHeads())
    assert [answer.dtype for answer in answers] == [torch.float32] * 2


class Correlating(Recorder):
    def forward(self, image):
        return LabelCorrelations(super().forward(image), None, None, image.bfloat16())


def test_every_part_of_label_correlations_that_there_is_is_float32():
    answer = AutocastInferer(enabled=True)(torch.rand(3, 4), Correlating())
    assert isinstance(answer, LabelCorrelations)
    assert [None if part is None else part.dtype for part in answer] == [torch.float32, None, None, torch.float32]
