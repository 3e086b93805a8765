import json

import pytest

from lucency.bundle import config_files, config_groups, run_bundle
from lucency.errors import ConfigError


@pytest.fixture
def bundle(tmp_path):
    """A bundle whose only effect is to write down what it was told."""
    configs = tmp_path / "tiny" / "configs"
    (configs / "loss").mkdir(parents=True)
    (configs / "train.yaml").write_text(
        "imports: [$import pathlib, $import json]\n"
        "bundle_root: '.'\nloss: default\nseed: 0\n"
        "told: {loss: '@loss', seed: '@seed'}\n"
        "run: [\"$pathlib.Path(@bundle_root, 'told.json').write_text(json.dumps(@told))\"]\n"
    )
    (configs / "evaluate.yaml").write_text("seed: 7\n")
    (configs / "loss" / "wan.yaml").write_text("loss: wan\n")
    (configs / "metadata.json").write_text("{}")
    return tmp_path / "tiny"


def told(bundle):
    return json.loads((bundle / "told.json").read_text())


def test_files_come_in_the_order_in_which_they_override(bundle):
    names = [str(f.relative_to(bundle / "configs")) for f in config_files(bundle, "evaluate", {"loss": "wan"})]
    assert names == ["train.yaml", "loss/wan.yaml", "evaluate.yaml"]
    assert config_groups(bundle) == ["loss"]


def test_group_overlay_and_override_arrive_and_root_is_the_bundle(bundle, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_bundle(bundle, "evaluate", groups={"loss": "wan"})
    assert told(bundle) == {"loss": "wan", "seed": 7}
    run_bundle(bundle, "train", overrides={"seed": 3})
    assert told(bundle) == {"loss": "default", "seed": 3}


@pytest.mark.parametrize(
    ("workflow", "groups", "message"),
    [
        ("trian", {}, r"no workflow 'trian' .*did you mean 'train'\?"),
        ("train", {"loss": "wna"}, r"no loss 'wna' .*did you mean 'wan'\? \(there are: wan\)"),
    ],
)
def test_unknown_names_list_what_there_is(bundle, workflow, groups, message):
    with pytest.raises(ConfigError, match=message):
        run_bundle(bundle, workflow, groups=groups)


def test_misspelt_override_ends_before_anything_runs(bundle):
    with pytest.raises(ConfigError, match="override 'sede': no such key; did you mean 'seed'"):
        run_bundle(bundle, "train", overrides={"sede": 3})
    assert not (bundle / "told.json").exists()


def test_folder_that_is_no_bundle(tmp_path):
    with pytest.raises(ConfigError, match="not a bundle"):
        run_bundle(tmp_path, "train")


def test_broken_yaml_names_the_file(bundle):
    (bundle / "configs" / "train.yaml").write_text("a: [1,\n")
    with pytest.raises(ConfigError, match=r"train\.yaml: not readable as configuration"):
        run_bundle(bundle, "train")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{_target_: torch.nn.Linear, in_features: 2, tpye: 2}", r"torch\.nn\.\S*Linear cannot be made \(.*'tpye'"),
        ("\"${'pad': 1}[@loss]\"", r"cannot be made \(KeyError: 'default'\)"),
    ],
)
def test_a_component_that_cannot_be_made_is_one_line(bundle, content, complaint):
    (bundle / "configs" / "loss" / "broken.yaml").write_text(f"extra: {content}\nrun: ['@extra']\n")
    with pytest.raises(ConfigError, match=r"^configuration: .*" + complaint):
        run_bundle(bundle, "train", groups={"loss": "broken"})


def test_what_fails_while_running_keeps_its_own_error(bundle):
    (bundle / "configs" / "train.yaml").write_text(
        "bundle_root: '.'\nrun: ['$@trainer.run()']\n"
        "trainer: {_target_: unittest.mock.Mock, run.side_effect: $ZeroDivisionError}\n"
    )
    with pytest.raises(RuntimeError, match="Failed to evaluate"):
        run_bundle(bundle, "train")


def test_a_transform_that_fails_is_one_line(bundle):
    (bundle / "configs" / "train.yaml").write_text(
        "bundle_root: '.'\ndata: {_target_: Dataset, data: [{}], transform: {_target_: LoadImaged, keys: image}}\n"
        "loader: {_target_: DataLoader, dataset: '@data'}\nrun: ['$[*@loader].run()']\n"
    )
    with pytest.raises(
        ConfigError, match=r"^configuration: monai\.\S+\.LoadImaged fails \(.*`image`.*\); mend the keys"
    ):
        run_bundle(bundle, "train")


@pytest.mark.parametrize(("first", "second"), [("loss", "loss"), ("told", "told#loss"), ("told#seed", "told::seed")])
def test_options_that_set_one_key_are_refused(bundle, first, second):
    for group, key in (("loss", first), ("start", second)):
        (bundle / "configs" / group).mkdir(exist_ok=True)
        (bundle / "configs" / group / "own.yaml").write_text(f"'{key}': 1\n")
    shared = min(first, second, key=len).replace("#", "::")
    with pytest.raises(ConfigError, match=f"^--loss own and --start own both set {shared}; choose one of them$"):
        run_bundle(bundle, "train", groups={"loss": "own", "start": "own"})


def test_options_that_set_different_keys_go_together(bundle):
    (bundle / "configs" / "start").mkdir()
    (bundle / "configs" / "start" / "later.yaml").write_text("seed: 5\n")
    run_bundle(bundle, "train", groups={"loss": "wan", "start": "later"})
    assert told(bundle) == {"loss": "wan", "seed": 5}


def test_an_option_of_another_workflow_is_told_so(bundle):
    (bundle / "configs" / "loss" / "foreign.yaml").write_text("trainer#epochs: 1\n")
    with pytest.raises(ConfigError, match=r"foreign\.yaml: a later one changes what is inside a key .*trainer"):
        run_bundle(bundle, "train", groups={"loss": "foreign"})
