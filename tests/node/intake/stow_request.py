"""Requests to the node's STOW-RS, without a server."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import uid

from lucency.node.intake.stow import StowService
from node.delivery.results import write_object

CR = uid.ComputedRadiographyImageStorage
TYPE = 'multipart/related; type="application/dicom"; boundary="b"'


def radiograph(path: Path, **elements: Any) -> Path:
    return write_object(path, sop_class=CR, Modality="CR", **elements)


def body(*contents: bytes, part_type: str = "application/dicom") -> bytes:
    head = f"--b\r\nContent-Type: {part_type}\r\n\r\n".encode()
    return b"".join(head + content + b"\r\n" for content in contents) + b"--b--"


def post(
    service: StowService, content: bytes, content_type: str = TYPE, path: str = "/studies", **environ: Any
) -> tuple[int, dict[str, str], Any]:
    said: list[Any] = []
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": BytesIO(content),
    }
    answer = b"".join(service(request | environ, lambda *arguments: said.extend(arguments)))  # type: ignore[arg-type]
    headers = dict(said[1])
    is_json = headers["Content-Type"] == "application/dicom+json"
    return int(said[0][:3]), headers, json.loads(answer) if is_json else answer.decode()


def references(module: dict[str, Any], tag: str) -> list[tuple[str, int]]:
    return [
        (item.get("00081155", {}).get("Value", [""])[0], item.get("00081197", {}).get("Value", [0])[0])
        for item in module.get(tag, {}).get("Value", [])
    ]


def stored(module: dict[str, Any]) -> list[str]:
    return [uid for uid, _ in references(module, "00081199")]


def failed(module: dict[str, Any]) -> list[tuple[str, int]]:
    return references(module, "00081198")
