"""Uploading to Hugging Face by its own library, which holds the user's login."""

import re
from importlib import import_module

from ...errors import ConfigError, one_line
from .layout import HubLayout

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def upload(layout: HubLayout, repository: str, *, public: bool = False) -> str:
    """Upload a bundle and tag it with its version; a version that is there already is not overwritten.

    Args:
        layout: what to upload.
        repository: ``owner/name``.
        public: make a repository that is not there yet visible to everybody.

    Returns:
        Address of what was uploaded.

    Raises:
        ConfigError: no such form of name, huggingface_hub is not installed or refuses, or the version is there.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigError(f"{repository}: no name of a repository; give OWNER/NAME")
    try:
        hub = import_module("huggingface_hub").HfApi()
    except ImportError as error:
        raise ConfigError(
            "huggingface_hub is not installed; pip install huggingface_hub, then hf auth login"
        ) from error
    try:
        hub.create_repo(repo_id=repository, private=not public, exist_ok=True)
        versions = {tag.name for tag in hub.list_repo_refs(repo_id=repository).tags}
        if layout.version in versions:
            raise ConfigError(f"{repository}: has version {layout.version} already; raise version in the metadata")
        message = f"{layout.name} {layout.version}"
        address = hub.upload_folder(repo_id=repository, folder_path=str(layout.folder), commit_message=message)
        hub.create_tag(repo_id=repository, tag=layout.version)
    except ConfigError:
        raise
    except Exception as error:  # the library's own types are of its client, which differs by version
        raise ConfigError(
            f"{repository}: Hugging Face refuses ({one_line(str(error))}); log in with hf auth login, or ask the owner"
        ) from error
    return str(address)
