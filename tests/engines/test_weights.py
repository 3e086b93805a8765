import pickle

import pytest
import torch
from ignite.engine import Engine
from safetensors.torch import save_file
from torch import nn

from lucency.engines import LoadWeights, read_weights
from lucency.errors import ConfigError


def load(path, network):
    engine = Engine(lambda engine, batch: None)
    LoadWeights(path=path, network=network).attach(engine)
    engine.run([0])


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_weights_arrive(tmp_path, suffix):
    source, network = nn.Linear(3, 2), nn.Linear(3, 2)
    path = tmp_path / f"model{suffix}"
    save_file(source.state_dict(), path) if suffix == ".safetensors" else torch.save(source.state_dict(), path)
    load(path, network)
    assert torch.equal(network.weight, source.weight)


def test_last_checkpoint_serves_as_weights(tmp_path):
    torch.save({"network": {"weight": torch.ones(1)}, "epoch": 3}, tmp_path / "last.pt")
    assert list(read_weights(tmp_path / "last.pt")) == ["weight"]


def test_missing_weights_end_the_run(tmp_path):
    with pytest.raises(ConfigError, match=r"model\.pt: no weights there; train first"):
        load(tmp_path / "model.pt", nn.Linear(1, 1))


def test_weights_of_another_network_name_what_does_not_fit(tmp_path):
    torch.save(nn.Linear(3, 5).state_dict() | {"extra": torch.ones(1)}, tmp_path / "model.pt")
    network = nn.Linear(3, 2)
    before = network.weight.clone()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "model.pt", network)
    assert "weight (5, 3) instead of (2, 3)" in str(caught.value)
    assert "1 is unknown (extra)" in str(caught.value)
    assert torch.equal(network.weight, before)


def test_findings_in_another_order_than_trained_are_refused(tmp_path):
    network, path = nn.Linear(1, 2), tmp_path / "model.pt"
    torch.save(network.state_dict(), path)
    given = {"path": path, "network": network, "findings": ["edema", "mass"]}
    LoadWeights(**given)(Engine(lambda engine, batch: None))  # no record beside the weights, nothing to compare
    (tmp_path / "config.yaml").write_text("findings: [edema, mass]\n")
    LoadWeights(**given)(Engine(lambda engine, batch: None))
    (tmp_path / "config.yaml").write_text("findings: [mass, edema]\n")
    with pytest.raises(ConfigError, match=r"^findings: .*model\.pt was trained with others.*; give mass, edema$"):
        LoadWeights(**given)(Engine(lambda engine, batch: None))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", pickle.dumps({"a": 1})])
def test_unreadable_weights_are_one_clear_line(tmp_path, content):
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(ConfigError, match="holds no readable weights"):
        read_weights(tmp_path / "model.pt")


class Malicious:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code in the weights file was executed')",))


def test_code_in_a_weights_file_is_not_executed(tmp_path):
    torch.save({"weight": Malicious()}, tmp_path / "model.pt")
    with pytest.raises(ConfigError, match="holds no readable weights"):
        read_weights(tmp_path / "model.pt")
