"""Keys of an inference.yaml that make its network tiny."""

from support import FINDINGS, TINY

NETWORK = {key: value for key, value in TINY.items() if key.startswith("network_def")}
KEYS = {"findings": FINDINGS, "image_size": 64, **NETWORK}
