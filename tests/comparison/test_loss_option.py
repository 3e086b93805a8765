"""Which losses are compared, and how their files are read."""

from pathlib import Path

import pytest
import torch

from lucency.comparison import loss_options
from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, LabelAssembleLoss, MaskedBCELoss, WeakAssumeNegativeLoss

BUNDLES = Path(__file__).parents[2] / "bundles"


def bundles_with(folder, **files):
    """A folder of one bundle with the reference and the given loss files."""
    losses = folder / "one_bundle" / "configs" / "loss"
    losses.mkdir(parents=True)
    for name, text in {"an": "loss: {_target_: lucency.losses.AssumeNegativeLoss}", **files}.items():
        (losses / f"{name}.yaml").write_text(text)
    return folder


def built(options, study):
    return {option.name: option.build(study, seed=0, max_epochs=3) for option in options}


def test_every_loss_of_the_bundles_can_be_built(study):
    one_view = [path for path in BUNDLES.glob("*/configs/loss/*.yaml") if "LabelAssembleLoss" not in path.read_text()]
    names = {path.stem for path in one_view}
    losses = built(loss_options(["*"], BUNDLES), study)
    assert {name.split("/")[-1] for name in losses} == names | {"bce_full"}
    assert list(losses)[:2] == ["bce_full", "an"]
    assert isinstance(losses["an"], AssumeNegativeLoss)
    assert isinstance(losses["bce_full"], MaskedBCELoss)
    assert len({id(loss) for loss in losses.values()}) == len(losses)


def test_a_loss_of_two_views_must_be_asked_for(study):
    losses = built(loss_options(["no_consistency"], BUNDLES), study)
    assert isinstance(losses["no_consistency"], LabelAssembleLoss)


def test_only_the_upper_bound_sees_the_truth(study):
    options = loss_options(["*"], BUNDLES)
    assert [option.name for option in options if option.targets == "truth"] == ["bce_full"]


def test_a_variant_changes_what_it_names(study):
    weak, masked = (
        "wan?gamma=0.25&reduction=sum",
        "bce_masked?max_pos_weight=@positives_per_image&pos_weight=[9,9,9,9]",
    )
    losses = built(loss_options([weak, masked, "wan"], BUNDLES), study)
    assert list(losses) == ["bce_full", "an", weak, masked, "wan"]
    assert isinstance(losses[weak], WeakAssumeNegativeLoss)
    assert losses[weak].gamma == 0.25
    assert losses["wan"].gamma is None  # the variant left the file alone
    assert losses[masked].pos_weight.tolist() == [study.positives_per_image] * 4


def test_a_file_may_refer_to_what_training_offers(study, tmp_path):
    text = (
        "loss: {_target_: lucency.losses.MaskedBCELoss, "
        "pos_weight: '$[len(@train#dataset#data) + @seed + @max_epochs] * len(@findings)', max_pos_weight: 1.0e+9}"
    )
    (option,) = [o for o in loss_options(["count"], bundles_with(tmp_path, count=text)) if o.name == "count"]
    weights = option.build(study, seed=5, max_epochs=7).pos_weight
    assert torch.equal(weights, torch.full((4,), len(study.rows("train")) + 12.0, dtype=torch.float64))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("wna", r"no loss 'wna'; did you mean 'wan'\? \(there are: an, "),
        ("wan?gama=1", r"loss 'wan\?gama=1': override 'loss#gama': no such key; did you mean 'loss::gamma'"),
        ("wan?gamma", "'gamma' is no key=value"),
    ],
)
def test_a_misspelt_name_or_key_is_one_line(asked, said):
    with pytest.raises(ConfigError, match=said):
        loss_options([asked], BUNDLES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("loss: {_target_: lucency.losses.AssumNegativeLoss}", "AssumNegativeLoss"),
        ("loss: {_target_: lucency.losses.WeakAssumeNegativeLoss, gama: 1}", "gama"),
        ("loss: {_target_: lucency.losses.WeakAssumeNegativeLoss, gamma: 7}", "gamma is 7"),
        ("loss: {_target_: lucency.losses.WeakAssumeNegativeLoss, gamma: '@gama'}", "gama"),
        ("loss: 3", "is a int, no loss"),
    ],
)
def test_a_typo_in_a_file_is_one_line_that_names_the_loss(text, said, study, tmp_path):
    options = loss_options(["*"], bundles_with(tmp_path, typo=text))
    with pytest.raises(ConfigError, match=rf"loss 'typo': .*{said}") as caught:
        built(options, study)
    assert "\n" not in str(caught.value)


def test_a_file_without_loss_and_a_folder_without_bundles_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"typo.yaml: has no key 'loss'; did you mean 'los'"):
        loss_options(["*"], bundles_with(tmp_path, typo="los: 1"))
    with pytest.raises(ConfigError, match="no bundle with"):
        loss_options(["*"], tmp_path / "absent")


def test_one_name_for_two_files_is_told_apart(tmp_path, study):
    bundles_with(tmp_path)
    second = tmp_path / "second" / "configs" / "loss"
    second.mkdir(parents=True)
    (second / "an.yaml").write_text("loss: {_target_: lucency.losses.AssumeNegativeLoss, reduction: sum}")
    (tmp_path / "twin" / "configs" / "loss").mkdir(parents=True)
    (tmp_path / "twin" / "configs" / "loss" / "an.yaml").write_text(
        "loss: {_target_: lucency.losses.AssumeNegativeLoss}"
    )
    assert [option.name for option in loss_options(["*"], tmp_path)] == ["bce_full", "an", "second/an"]
