import base64
import hashlib
import re
from itertools import product

from lucency.node.operations.page import STYLE, STYLE_HASH, draw_page
from lucency.node.operations.status import NodeStatus
from lucency.node.settings import node_settings
from node.operations.fakes import FakeNode, FakeQueue


def test_the_style_is_the_one_the_policy_names() -> None:
    node = FakeNode()
    settings = node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242"})
    page = draw_page(NodeStatus(FakeQueue(), node, node, node, settings, {}))  # type: ignore[arg-type]
    style = re.search("<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    assert "sha256-" + base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() == STYLE_HASH


def test_text_can_be_read_in_light_and_dark() -> None:
    """Contrast of WCAG 2.1 AA: 4.5 for text, 3 for bars."""
    schemes = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for ink, paper in product(("ink", "soft", "good", "warn", "bad"), ("ground", "card")):
            assert _contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)
        for bar in ("received", "sent"):
            assert _contrast(colours[bar], colours["card"]) >= 3, bar


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
