"""What cannot be converted is refused in one line that names the mend, and leaves nothing behind."""

import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.release.convert import convert_weights
from lucency.release.convert.labels import finding_ids
from references.densenet121 import ReferenceDenseNet121


def ends(channels=1, outputs=18, **more):
    """The first and the last tensor of a DenseNet121: enough for whatever is checked before the rest."""
    first, last = torch.ones(64, channels, 7, 7), torch.ones(outputs, 1024)
    return {"features.conv0.weight": first, "classifier.weight": last, "classifier.bias": torch.ones(outputs), **more}


@pytest.fixture
def refusal(tmp_path):
    """Convert, and return the one line that refuses; nothing may be left of the bundle."""

    def convert(content, kind="torchxrayvision", name="state.pt", **options):
        path = tmp_path / "weights" / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            torch.save(content, path)
        out = tmp_path / "bundle"
        with pytest.raises(LucencyError) as caught:
            convert_weights(path, kind, out, **options)
        assert sorted(tmp_path.iterdir()) == [path.parent]
        message = str(caught.value)
        assert "\n" not in message
        return message

    return convert


class Trap:
    """A pickle that would run code when it is opened."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (type(self.mark).touch, (self.mark,))


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pickled_module_is_not_opened_and_the_mend_is_told(refusal, tmp_path, legacy):
    path = tmp_path / "weights" / "module.pt"
    path.parent.mkdir()
    torch.save(nn.Linear(2, 2), path, _use_new_zipfile_serialization=not legacy)
    message = refusal(None, name="module.pt")
    assert "could run any code" in message
    assert "state_dict()" in message
    assert "docs/how-to/bring-your-weights.md" in message


def test_code_in_a_file_does_not_run(refusal, tmp_path):
    mark = tmp_path / "weights" / "mark"
    assert "could run any code" in refusal({"state_dict": Trap(mark)})
    assert "could run any code" in refusal(pickle.dumps(Trap(mark), protocol=2))
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"", "a.pt"), (b"PK\x03\x04 torn", "a.pt"), (b"not weights", "a.pt"), (b"\x00" * 20, "a.safetensors")],
)
def test_a_damaged_file(refusal, content, name):
    assert "download it again" in refusal(content, name=name)


def test_no_file(refusal):
    assert "no weights there" in refusal(None)


@pytest.mark.parametrize("content", [{}, [1, 2], {"epoch": 3}, torch.ones(2)])
def test_a_checkpoint_without_tensors(refusal, content):
    assert "holds no state dict" in refusal(content)


def test_another_architecture(refusal):
    assert "is no DenseNet121" in refusal(nn.Linear(2, 2).state_dict())
    assert "has no classifier.weight" in refusal({"features.conv0.weight": torch.ones(64, 1, 7, 7)})
    assert "has no features.conv0.weight" in refusal(ends() | {"features.conv0.weight": torch.ones(3)})


def test_two_classifiers(refusal):
    two = ends() | {"classifier.0.weight": torch.ones(18, 1024)}
    assert "a second spelling of the same tensor (classifier.weight)" in refusal(two)


def test_unknown_kind(refusal):
    assert "did you mean 'torchxrayvision'?" in refusal(ends(), kind="torchxray")


def test_the_other_kind(refusal):
    assert "--kind chexnet?" in refusal(ends(channels=3))
    assert "--kind torchxrayvision?" in refusal(ends(channels=1, outputs=14), kind="chexnet")
    assert "one copied to three" in refusal(ends(channels=2))


def test_resize_is_a_choice_of_chexnet_alone(refusal):
    assert "leave --resize out" in refusal(ends(), resize=256)
    assert "below the 224 pixels" in refusal(ends(channels=3), kind="chexnet", resize=200)


def test_nothing_tells_which_outputs_were_trained(refusal):
    message = refusal(ends())
    assert "op_threshs" in message
    assert "--findings" in message


@pytest.mark.parametrize("thresholds", [torch.rand(17), torch.full((18,), 1.5), torch.zeros(18)])
def test_thresholds_that_are_none(refusal, thresholds):
    assert "op_threshs should be 18 probabilities" in refusal(ends(op_threshs=thresholds))


def test_number_of_outputs(refusal):
    assert "has 5 outputs, not the 18" in refusal(ends(outputs=5))
    assert "has 5 outputs, but 2 labels" in refusal(ends(outputs=5), labels=["mass", "nodule"])


def test_labels_without_a_finding_are_all_named_with_the_nearest():
    with pytest.raises(LabelError, match=r"'Efusion' \(near 'Effusion'\), 'Blorb';"):
        finding_ids(["Efusion", "Mass", "Blorb"])


def test_two_outputs_of_one_finding():
    with pytest.raises(LabelError, match=r"'Effusion' and 'Pleural Effusion' mean 'effusion'"):
        finding_ids(["Effusion", "Pleural Effusion"])


def test_no_output_at_all():
    with pytest.raises(LabelError, match="every output is left empty"):
        finding_ids(["", ""])


@pytest.fixture(scope="module")
def whole():
    return ReferenceDenseNet121(in_channels=3, outputs=14).state_dict()


def test_a_tensor_that_is_missing_left_over_or_of_another_shape(refusal, whole):
    gone = {name: tensor for name, tensor in whole.items() if name != "features.norm5.bias"}
    assert "1 parameter is missing (features.norm5.bias)" in refusal(gone, kind="chexnet")
    extra = whole | {"features.denseblock4.denselayer17.conv1.weight": torch.ones(1)}
    assert "1 is unknown (features.denseblock4.denselayer17.conv1.weight)" in refusal(extra, kind="chexnet")
    narrow = whole | {"features.norm5.bias": torch.ones(7)}
    assert "features.norm5.bias (7,) instead of (1024,)" in refusal(narrow, kind="chexnet")


def test_weights_that_are_not_finite(refusal, whole):
    broken = whole | {"features.norm5.bias": torch.full((1024,), torch.nan)}
    assert "features.norm5.bias holds NaN" in refusal(broken, kind="chexnet")


def test_a_folder_that_is_there_is_left_alone(tmp_path, chexnet):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "file").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        convert_weights(chexnet.weights, "chexnet", tmp_path / "bundle")
    assert [path.name for path in (tmp_path / "bundle").iterdir()] == ["file"]


def test_an_empty_folder_is_filled_and_safetensors_are_read(tmp_path, whole):
    save_file({name: tensor.contiguous() for name, tensor in whole.items()}, tmp_path / "state.safetensors")
    (tmp_path / "bundle").mkdir()
    done = convert_weights(tmp_path / "state.safetensors", "chexnet", tmp_path / "bundle")
    assert len(done.findings) == 14
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "state.safetensors"]
