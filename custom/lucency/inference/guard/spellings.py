"""Words and codes by which headers name body parts and views: what `spellings.yaml` holds."""

from pathlib import Path
from typing import Any, Literal, get_args

from ..yaml_mapping import parsed

View = Literal["PA", "AP", "FRONTAL", "LATERAL", "OBLIQUE", "DECUBITUS", "LORDOTIC", "OTHER"]
"""What a view can be; ``FRONTAL`` where it is not told whether PA or AP, ``OTHER`` for no view of a chest."""

_FILE: dict[str, Any] = parsed(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))

CHEST_WORDS: frozenset[str] = frozenset(_FILE["chest"]["words"])
CHEST_CODES: frozenset[str] = frozenset(_FILE["chest"]["codes"])
OTHER_PARTS: frozenset[str] = frozenset(_FILE["other_parts"])
VIEWS: tuple[View, ...] = get_args(View)
VIEW_SPELLINGS: dict[str, View] = {spelling: view for view in VIEWS for spelling in _FILE["views"][view]}
"""View that each word or code stands for."""
