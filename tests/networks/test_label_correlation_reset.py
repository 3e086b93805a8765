import torch
from torch import nn

from lucency.inference.heatmaps import randomisation_check
from lucency.networks import LabelCorrelationDenseNet, LabelCorrelationHead


def test_reset_draws_what_the_head_holds_itself_anew():
    torch.manual_seed(0)
    head = LabelCorrelationHead(8, 5, dim=64)
    before = {name: parameter.detach().clone() for name, parameter in head.named_parameters()}
    nn.init.ones_(head.b)
    head.reset_parameters()
    changed = {name for name, parameter in head.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == {"E", "w"}
    assert (head.b == 0).all()
    assert head.w.abs().max() <= 64**-0.5
    assert abs(head.E.std().item() / before["E"].std().item() - 1) < 0.2


def test_attention_of_a_random_network_is_unlike_that_of_the_network():
    torch.manual_seed(0)
    network = LabelCorrelationDenseNet(2, 1, 3, init_features=8, growth_rate=4, block_config=(2, 2)).eval()
    with torch.no_grad():
        network.class_layers.out.W_q.weight.mul_(20)  # as initialised, attention is nearly even
    similarity = randomisation_check(network, torch.rand(12, 1, 64, 64), method="attention")
    assert similarity.pop("intact") == 1
    assert max(similarity.values()) < 0.5
