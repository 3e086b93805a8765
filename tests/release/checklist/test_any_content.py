"""Whatever is in the files of a bundle, the rules end with findings, not with an error of their own."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.release.checklist import lint_bundle

CLEAN = Path(__file__).parent / "bundles" / "clean_classification"
KEYS = [
    *(
        "_target_",
        "_disabled_",
        "handlers",
        "initialize",
        "run",
        "imports",
        "network_def",
        "preprocessing",
        "transforms",
    ),
    *(
        "train",
        "validate",
        "trainer",
        "train#handlers",
        "+train#handlers",
        "train#trainer#max_epochs",
        "inferer",
        "path",
    ),
    *("key_metric", "evaluator", "val_handlers", "findings", "device", "dataset", "data", "out_channels", "changelog"),
    *("version", "network_data_format", "inputs", "outputs", "channel_def", "num_channels", "value_range", "url", "0"),
    *("required_packages_version", "large_files", "hash_val", "hash_type", "references", "schema", "", "::", "#", "+"),
]
VALUES = [
    *("@train", "@", "@#x", "@####x", "%train#handlers", "%", "%a.json#b", "$@train + 1", "$", "$import os", "$import"),
    *("CheckpointLoader", "scripts.a.B", "lucency.x", ".", "..", "a.", "monai.x", "LoadImaged", "ValidationHandler"),
    *(
        "$@train#handlers[: -1 if rank > 0 else 1]",
        "$dist.init_process_group('nccl')",
        "/home/a",
        "1.0",
        "sha256",
        "probabilities",
    ),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.sampled_from(VALUES),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
FILES = [f"configs/{name}.json" for name in ("train", "inference", "evaluate", "multi_gpu_train", "metadata", "loss/x")]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return Path(shutil.copytree(CLEAN, tmp_path_factory.mktemp("any") / "clean_classification"))


@settings(max_examples=40, deadline=None)
@given(
    file=st.sampled_from([*FILES, "large_files.json"]),
    key=st.sampled_from([None, *KEYS]),
    content=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6),
)
def test_any_json(file, key, content, bundle):
    path, original = bundle / file, CLEAN / file
    whole = {**(json.loads(original.read_text()) if key and original.is_file() else {}), **content}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(whole))
    for finding in lint_bundle(bundle).findings:
        assert finding.message
        assert "\n" not in str(finding.place)
    path.unlink()
    if original.is_file():
        shutil.copyfile(original, path)


@settings(max_examples=20, deadline=None)
@given(
    content=st.dictionaries(st.integers(0, 2) | st.booleans() | st.none() | st.sampled_from(KEYS), ANYTHING, max_size=4)
)
def test_any_yaml_with_keys_that_are_no_texts(content, bundle):
    path = bundle / "configs" / "loss" / "y.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"train#inferer": content, "finalize": content}))
    lint_bundle(bundle)
    path.unlink()


@settings(max_examples=20, deadline=None)
@given(text=st.text(alphabet=st.sampled_from(list("#`[]()$@%{}=: \n-ab1!|*&\"'\\/.")), max_size=60))
def test_any_text(text, bundle):
    for file in ("docs/README.md", "configs/logging.conf", "clean_findings/x.py", "large_files.yaml", "configs/z.yaml"):
        (bundle / file).write_text(text)
    lint_bundle(bundle)
    for file in ("clean_findings/x.py", "large_files.yaml", "configs/z.yaml"):
        (bundle / file).unlink()
    for file in ("docs/README.md", "configs/logging.conf"):
        shutil.copyfile(CLEAN / file, bundle / file)
