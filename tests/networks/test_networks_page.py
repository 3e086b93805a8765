"""The page docs/reference/networks.md says what the code does."""

import re
from pathlib import Path

import torch
import yaml
from monai.bundle import ConfigParser
from monai.networks.nets import DenseNet121

import lucency.networks
from lucency.networks import FineGrainedDenseNet
from references.bilinear import parameters
from support import run_snippets

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "networks.md").read_text(encoding="utf-8")


def test_every_network_has_its_place():
    assert set(re.findall(r"^## (\w+)$", PAGE, flags=re.MULTILINE)) == set(lucency.networks.__all__)
    assert set(re.findall(r"^\| \[`(\w+)`\]\(#", PAGE, flags=re.MULTILINE)) == set(lucency.networks.__all__)


def test_stated_numbers_of_parameters():
    with torch.device("meta"):
        networks = {
            "`DenseNet121`": DenseNet121(2, 1, 14),
            "`FineGrainedDenseNet`": FineGrainedDenseNet(2, 1, 14),
            "`symmetric: true`": FineGrainedDenseNet(2, 1, 14, symmetric=True),
            "`deep_supervision: true`": FineGrainedDenseNet(2, 1, 14, deep_supervision=True),
        }
    rows = {line.split("|")[1].strip(): line.split("|")[2].split()[0] for line in PAGE.splitlines() if "| 5.5" in line}
    counts = {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()}
    assert rows == {name: f"{count / 1e6:.3f}" for name, count in counts.items()}
    head, reductions = (
        int(text.replace(",", "")) for text in re.findall(r"([\d,]{7}) parameters, .* ([\d,]{7})", PAGE)[0]
    )
    assert head + reductions == parameters(1024, 14)
    assert head == networks["`FineGrainedDenseNet`"].bilinear.out.weight.numel() + 14
    assert f"{1024**2 * 14 / 1e6:.1f} million" in " ".join(PAGE.split())


def test_the_configuration_makes_network_and_loss():
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    parser = ConfigParser({"findings": ["edema", "mass"], **yaml.safe_load(block)})
    network, loss = parser.get_parsed_content("network_def"), parser.get_parsed_content("loss")
    logits = network(torch.rand(2, 1, 64, 64))
    assert [head.shape for head in logits] == [(2, 2), (2, 2)]
    targets = torch.tensor([[1.0, torch.nan], [0.0, 1.0]])
    torch.testing.assert_close(loss(logits, targets), sum(loss.loss(head, targets) for head in logits) / 2)


def test_the_snippets_run():
    run_snippets(PAGE, alone=False)
