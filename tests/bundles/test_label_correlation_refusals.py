"""What the label-correlation bundle refuses to train, in one line with the key to change."""

import shutil

import pytest

from lucency.bundle import run_bundle
from lucency.errors import explanation
from support import BUNDLE as SPML
from support import TINY

BUNDLE = SPML.with_name("cxr_label_correlation_classification")


def refusal(study, folder, groups, settings):
    places = {"dataset_dir": str(study), "ckpt_dir": str(folder), "image_size": 64}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - MONAI wraps it
        run_bundle(BUNDLE, "train", groups=groups, overrides={**TINY, **places, **settings})
    return explanation(caught.value)


@pytest.mark.parametrize(
    ("groups", "settings", "message"),
    [
        ({}, {"loss#contrast_weight": -1}, "contrast_weight is -1; give a number from 0"),
        ({}, {"contrast#temprature": 1}, "did you mean 'contrast::temperature'?"),
        ({"contrast": "queue"}, {"contrast#queue_size": 2}, "less than one place for each of 3 findings"),
        ({}, {"classification#_target_": "torch.nn.BCEWithLogitsLoss"}, "give a loss of lucency.losses"),
    ],
)
def test_a_wrong_setting_ends_the_run_before_images_are_read(groups, settings, message, study, tmp_path):
    shutil.copytree(study, tmp_path / "study")
    for image in (tmp_path / "study" / "images").iterdir():
        image.write_bytes(b"no image")
    assert message in refusal(tmp_path / "study", tmp_path / "run", groups, settings)


@pytest.mark.parametrize(
    ("groups", "settings", "message"),
    [
        ({"contrast": "queue"}, {"contrast#projection": 64}, "as in network_def"),
        ({}, {"network_def#projection": 0}, "set contrast_weight to 0"),
        ({}, {"network_def#global_correlation": False}, "set consistency_weight to 0"),
    ],
)
def test_a_network_that_lacks_what_the_loss_needs_says_so(groups, settings, message, study, tmp_path):
    assert message in refusal(study, tmp_path, groups, settings)
