"""What is handed on: the folder that becomes a repository, and the zip."""

import json
import zipfile

import pytest
import yaml

from lucency.errors import ConfigError
from lucency.release.checklist import lint_bundle
from lucency.release.push import write_hub_layout


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_repository_is_the_bundle_with_a_page_on_top(bundle, tmp_path):
    layout = write_hub_layout(bundle, tmp_path / "hub")
    there = files(tmp_path / "hub")
    assert {name: there[name] for name in files(bundle)} == files(bundle)
    assert set(there) - set(files(bundle)) == {"README.md", ".gitattributes"}
    assert (layout.name, layout.version) == ("clean_classification", "0.2.0")
    assert layout.files == {name: len(content) for name, content in there.items()}


def test_the_page_has_a_head_that_the_hub_reads_and_links_that_lead_somewhere(bundle, tmp_path):
    write_hub_layout(bundle, tmp_path / "hub")
    _, head, page = (tmp_path / "hub" / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(head) == {"library_name": "monai", "license": "apache-2.0", "tags": ["monai", "medical"]}
    assert page.startswith("# Clean classification")
    assert "[data_license.txt](docs/data_license.txt)" in page
    assert (tmp_path / "hub" / "docs" / "data_license.txt").is_file()


def test_model_files_are_kept_as_large_files(bundle, tmp_path):
    write_hub_layout(bundle, tmp_path / "hub")
    lines = (tmp_path / "hub" / ".gitattributes").read_text().splitlines()
    assert {"*.pt filter=lfs diff=lfs merge=lfs -text", "*.onnx filter=lfs diff=lfs merge=lfs -text"} <= {*lines}


def test_what_is_downloaded_again_is_still_a_good_bundle(bundle, tmp_path):
    write_hub_layout(bundle, tmp_path / "hub" / "clean_classification")
    assert lint_bundle(tmp_path / "hub" / "clean_classification").findings == ()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda bundle: (bundle / "LICENSE").unlink(), "LICENSE: is absent"),
        (lambda bundle: (bundle / "large_files.yml").unlink(), "models/model.pt: is neither"),
        (lambda bundle: set_target(bundle, "lucency.inference.PredictionsWriter"), "lucency is neither"),
    ],
)
def test_what_nobody_could_use_is_refused(spoil, reason, bundle, tmp_path):
    spoil(bundle)
    with pytest.raises(ConfigError, match=reason) as caught:
        write_hub_layout(bundle, tmp_path / "hub")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "hub").exists()


def set_target(bundle, target):
    file = bundle / "configs" / "inference.json"
    content = json.loads(file.read_text())
    content["handlers"][1]["_target_"] = target
    file.write_text(json.dumps(content, indent=4) + "\n")


def test_a_folder_that_holds_something_is_left_alone(bundle, tmp_path):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        write_hub_layout(bundle, tmp_path / "hub")
    assert files(tmp_path / "hub") == {"mine.txt": b"mine"}


def test_a_folder_inside_the_bundle_is_refused(bundle):
    with pytest.raises(ConfigError, match="is inside the bundle"):
        write_hub_layout(bundle, bundle / "hub")
    assert not (bundle / "hub").exists()


def test_caches_and_version_control_stay_here(bundle, tmp_path):
    for file in (".git/config", "clean_findings/__pycache__/tables.pyc", "docs/.DS_Store"):
        (bundle / file).parent.mkdir(exist_ok=True)
        (bundle / file).write_text("mine")
    write_hub_layout(bundle, tmp_path / "hub")
    assert b"mine" not in files(tmp_path / "hub").values()


def test_the_zip_unpacks_to_the_bundle_as_monai_unpacks_it(bundle, tmp_path, command):
    from monai.apps.utils import extractall

    done = command(bundle, "--out", tmp_path / "hub", "--ngc", tmp_path / "ngc")
    assert done.exit_code == 0, done.output
    archive = tmp_path / "ngc" / "clean_classification_v0.2.0.zip"
    assert {name.split("/")[0] for name in zipfile.ZipFile(archive).namelist()} == {"clean_classification"}
    extractall(filepath=archive, output_dir=tmp_path / "bundles", has_base=True)
    assert files(tmp_path / "bundles" / "clean_classification") == files(bundle)


def test_the_zip_has_the_same_bytes_twice(bundle, tmp_path, command):
    for attempt in ("first", "second"):
        command(bundle, "--out", tmp_path / f"hub-{attempt}", "--ngc", tmp_path / attempt)
    first, second = (
        (tmp_path / attempt / "clean_classification_v0.2.0.zip").read_bytes() for attempt in ("first", "second")
    )
    assert first == second
