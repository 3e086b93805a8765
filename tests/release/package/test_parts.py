"""Parts of a package that need no network: archive, checksums, page, requirements, portable workflow, TorchScript."""

import json
import os
import re
import stat
import zipfile

import pytest
import torch
import yaml

from lucency.errors import ConfigError
from lucency.release.package.archive import write_archive
from lucency.release.package.configurations import resolved_configurations
from lucency.release.package.documents import data_licence, package_page
from lucency.release.package.large_files import write_large_files
from lucency.release.package.portable import portable_configuration
from lucency.release.package.requirements import installed, required_packages
from lucency.release.package.torchscript import write_torchscript
from support import BUNDLE

BUNDLES = sorted(path.parents[1] for path in BUNDLE.parent.glob("*/configs/metadata.json"))


def folder_with_files(parent, names, mode, when):
    folder = parent / "bundle"
    (folder / "models").mkdir(parents=True)
    for name in names:
        (folder / name).write_text(name)
        (folder / name).chmod(mode)
        os.utime(folder / name, (when, when))
    return folder


def test_an_archive_depends_on_names_and_contents_alone(tmp_path):
    names = ["models/b.pt", "LICENSE", "models/a.pt"]
    first = folder_with_files(tmp_path / "1", names, 0o600, 1e9)
    second = folder_with_files(tmp_path / "2", reversed(names), 0o755, 1.5e9)
    archives = [write_archive(folder, folder.parent / "bundle.zip") for folder in (first, second)]
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with zipfile.ZipFile(archives[0]) as archive:
        assert archive.namelist() == ["bundle/LICENSE", "bundle/models/a.pt", "bundle/models/b.pt"]
        assert {stat.S_IMODE(entry.external_attr >> 16) for entry in archive.infolist()} == {0o644}
    (second / "LICENSE").write_text("another")
    assert write_archive(second, tmp_path / "other.zip").read_bytes() != archives[0].read_bytes()


@pytest.mark.parametrize(("url", "expected"), [("https://h/b/", "https://h/b/models/a.pt"), ("", "")])
def test_large_files(url, expected, tmp_path):
    folder = folder_with_files(tmp_path, ["models/a.pt"], 0o644, 0)
    (entry,) = yaml.safe_load(write_large_files(folder, url).read_text())["large_files"]
    assert (entry["path"], entry["url"]) == ("models/a.pt", expected)


METADATA = {
    "version": "1.0.0",
    "monai_version": "1.6.1",
    "pytorch_version": "2.8.0",
    "numpy_version": "2.0.0",
    "required_packages_version": {"pyyaml": "6.0"},
    "eval_metrics": {},
}
RECIPE = """# Title

First lines. No
weights are shipped: train it.

## Commands

lucency run bundles/x train

## Data

A [table](../../../docs/reference/study-table.md), [licence](data_license.txt), [site](https://example.org).

## Measured

[Results](../../../docs/x.md)
"""


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"")
    return tmp_path / "model.pt"


def test_the_page_drops_what_is_of_the_repository(weights):
    page = package_page(RECIPE, METADATA, ["inference"], weights)
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## Use it", "## Measured", "## Data"]
    assert "First lines.\n" in page
    assert "A table, [licence](data_license.txt), [site](https://example.org)." in page
    assert "pip install monai==1.6.1 torch==2.8.0 numpy==2.0.0 pyyaml==6.0" in page
    assert "SHA-256 of `models/model.pt`: `e3b0c442" in page
    assert "train.json" not in page


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_the_page_of_every_bundle_stays_inside_the_package(bundle, weights):
    names = list(resolved_configurations(bundle, {}))
    page = package_page((bundle / "docs" / "README.md").read_text(), METADATA, names, weights)
    assert not re.search(r"No\s+weights\s+are\s+shipped", page)
    assert "bundles/" not in page
    assert not re.findall(r"configs/[\w/]+\.yaml", page)
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert target.startswith("https://") or (bundle / "docs" / target).exists(), target
    for file in re.findall(r"configs/([\w/]+)\.json", page):
        assert file in [*names, "portable", "metadata"], file


def test_a_data_licence_is_never_invented():
    assert "not stated" in data_licence(None)
    assert data_licence("CC0\n") == "CC0\n"


def test_what_an_extra_brings_is_not_required():
    modules = ["lucency.inference.backends.sessions", "lucency.data.table_files"]
    found = required_packages(modules, {"pyjpegls": "0.1"})
    assert "openvino" not in found
    assert {"pyarrow", "pandas"} <= found.keys()
    assert found["pyjpegls"] == installed("pyjpegls")


def test_a_package_that_is_not_installed():
    with pytest.raises(ConfigError, match="no-such-package: is not installed here"):
        required_packages([], {"no-such-package": "1.0"})


def test_a_portable_workflow_has_all_that_it_refers_to():
    inference = resolved_configurations(BUNDLE, {"image_size": 64})["inference"]
    portable = portable_configuration(inference)
    assert "lucency" not in json.dumps(portable)
    assert portable["image_size"] == 64
    assert portable["preprocessing"]["transforms"][0]["reader"] == "PILReader"


def test_torchscript_keeps_answers_and_takes_configurations(tmp_path):
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.MaxPool2d(2)).eval()
    torch.jit.save(torch.jit.script(network), tmp_path / "first.ts")
    write_torchscript(tmp_path / "first.ts", tmp_path / "model.ts", {"inference": {"key": 1}})
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(torch.jit.load(tmp_path / "model.ts")(images), network(images))
    with zipfile.ZipFile(tmp_path / "model.ts") as archive:
        assert json.loads(archive.read("model/extra/inference.json")) == {"key": 1}
        (name,) = [name for name in archive.namelist() if "/conv" in name and name.endswith(".py")]
        source = archive.read(name).decode()
    constants = [line for line in source.splitlines() if " : Final[" in line]
    assert len(constants) > 3
    assert constants == sorted(constants)
