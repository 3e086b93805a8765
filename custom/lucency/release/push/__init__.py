"""Handing a packaged bundle on: the layout of a Hugging Face repository, its upload, the zip of NVIDIA NGC."""

from .layout import HubLayout, write_hub_layout
from .upload import upload

__all__ = ["HubLayout", "upload", "write_hub_layout"]
