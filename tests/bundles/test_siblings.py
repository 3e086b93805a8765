"""What every method's bundle has in common with the SPML bundle; the tests of each say where it differs."""

import json

import pytest

from support import BUNDLE as SPML

EXAMPLES = {  # options that a bundle's pages give where those of the SPML bundle give a loss
    "cxr_label_assemble": "",
    "cxr_label_correlation": "",
    "cxr_msml": " --loss bce_msml",
}
OTHER_FINDINGS = "cxr_label_assemble"  # those of two archives


def bundle(name):
    return SPML.with_name(f"{name}_classification")


def metadata(folder):
    return json.loads((folder / "configs" / "metadata.json").read_text())


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("file", ["evaluate.yaml", "multi_gpu_train.yaml", "logging.conf"])
def test_overlays_are_the_same_to_the_letter(name, file):
    text = (SPML / "configs" / file).read_text().replace("cxr_spml", name).replace(" --loss wan", EXAMPLES[name])
    assert (bundle(name) / "configs" / file).read_text() == text


@pytest.mark.parametrize("name", [*EXAMPLES, "cxr_label_refinement"])
def test_all_need_the_same_packages_take_the_same_images_and_all_but_one_give_the_same_findings(name):
    ours, theirs = metadata(bundle(name)), metadata(SPML)
    for key in ("schema", "monai_version", "pytorch_version", "required_packages_version"):
        assert ours[key] == theirs[key]
    ours, theirs = ours["network_data_format"], theirs["network_data_format"]
    assert ours["inputs"] == theirs["inputs"]
    assert (ours == theirs) == (name != OTHER_FINDINGS)
