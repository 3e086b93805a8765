"""Uploading to Hugging Face, without a network: what the library is asked, and what is said if it refuses."""

import sys
import types

import pytest

from lucency.errors import ConfigError
from lucency.release.push import upload, write_hub_layout


@pytest.fixture
def hub(monkeypatch):
    """A stand-in for huggingface_hub that writes down what it is asked."""
    asked = []
    tags = [types.SimpleNamespace(name="0.1.0")]

    class HfApi:
        def create_repo(self, **arguments):
            asked.append(("create_repo", arguments))

        def list_repo_refs(self, **arguments):
            return types.SimpleNamespace(tags=tags)

        def upload_folder(self, **arguments):
            asked.append(("upload_folder", arguments))
            return f"https://huggingface.co/{arguments['repo_id']}"

        def create_tag(self, **arguments):
            asked.append(("create_tag", arguments))
            tags.append(types.SimpleNamespace(name=arguments["tag"]))

    monkeypatch.setitem(sys.modules, "huggingface_hub", types.SimpleNamespace(HfApi=HfApi))
    return asked


def test_an_upload_is_tagged_with_its_version_once(bundle, tmp_path, hub):
    layout = write_hub_layout(bundle, tmp_path / "hub")
    assert upload(layout, "owner/clean") == "https://huggingface.co/owner/clean"
    assert hub == [
        ("create_repo", {"repo_id": "owner/clean", "private": True, "exist_ok": True}),
        (
            "upload_folder",
            {
                "repo_id": "owner/clean",
                "folder_path": str(tmp_path / "hub"),
                "commit_message": "clean_classification 0.2.0",
            },
        ),
        ("create_tag", {"repo_id": "owner/clean", "tag": "0.2.0"}),
    ]
    with pytest.raises(ConfigError, match=r"has version 0\.2\.0 already"):
        upload(layout, "owner/clean")
    assert [name for name, _ in hub].count("upload_folder") == 1


def test_what_the_hub_refuses_is_one_line(bundle, tmp_path, hub, monkeypatch):
    def refuse(self, **arguments):
        raise OSError("401 Client Error\nUnauthorized")

    monkeypatch.setattr(sys.modules["huggingface_hub"].HfApi, "create_repo", refuse)
    layout = write_hub_layout(bundle, tmp_path / "hub")
    with pytest.raises(ConfigError, match=r"401 Client Error Unauthorized.*hf auth login"):
        upload(layout, "owner/clean")


def test_without_the_library_one_line_says_what_to_install(bundle, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    layout = write_hub_layout(bundle, tmp_path / "hub")
    with pytest.raises(ConfigError, match="pip install huggingface_hub"):
        upload(layout, "owner/clean")


def test_a_name_without_owner_is_refused(bundle, tmp_path):
    with pytest.raises(ConfigError, match="OWNER/NAME"):
        upload(write_hub_layout(bundle, tmp_path / "hub"), "clean")


def test_a_dry_run_uploads_nothing_and_says_what_it_would(bundle, tmp_path, hub, command):
    done = command(bundle, "--out", tmp_path / "hub", "--to", "owner/clean", "--dry-run")
    assert done.exit_code == 0
    assert hub == []
    assert "configs/metadata.json" in done.output
    assert "nothing was uploaded; without --dry-run it goes to owner/clean, tagged 0.2.0" in done.output


def test_the_command_uploads(bundle, tmp_path, hub, command):
    done = command(bundle, "--out", tmp_path / "hub", "--to", "owner/clean", "--public")
    assert done.output.strip().endswith("https://huggingface.co/owner/clean")
    assert hub[0][1]["private"] is False
