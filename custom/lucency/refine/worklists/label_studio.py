"""Questions as tasks of Label Studio, with a labelling interface to go with them."""

import json
from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote
from xml.etree import ElementTree

from ...labels import display_name
from .questions import Question
from .words import CHOICES

IMAGE = "lucency_image"
"""Key of a task's data that holds the image as the study table spells it."""
VERDICT = "verdict"
"""Name of the one control of an interface that shows one question at a time."""


def label_studio(questions: Sequence[Question], prefix: str = "") -> tuple[str, str]:
    """Tasks to import, as JSON, and the labelling interface, as XML.

    Where all images have the same questions, a task is an image with one control a finding, named like it; else a task
    is one question with the control `verdict`, so that nobody answers what was not asked.

    Args:
        questions: those of an image in succession.
        prefix: what makes a URL of an image path, such as ``/data/local-files/?d=images/``; without it the path stays
            as it is.

    Example:
        >>> tasks, interface = label_studio([Question(round=1, image="a b.png", finding="mass")], "/data/")
        >>> json.loads(tasks)[0]["data"]["image"], 'name="mass"' in interface
        ('/data/a%20b.png', True)
    """
    images = [list(group) for _, group in groupby(questions, key=lambda question: question.image)]
    asked = {tuple(question.finding for question in group) for group in images}
    whole = len(asked) == 1
    groups = images if whole else [[question] for question in questions]
    shows_label = any(question.label is not None for question in questions)
    tasks = [{"data": _data(group, prefix, whole)} for group in groups]
    return json.dumps(tasks, indent=1, ensure_ascii=False) + "\n", _interface(asked.pop() if whole else (), shows_label)


def _data(group: Sequence[Question], prefix: str, whole: bool) -> dict[str, object]:
    first = group[0]
    data: dict[str, object] = {
        "image": prefix + quote(first.image) if prefix else first.image,
        IMAGE: first.image,
        "round": first.round,
        "question": "What do you see?" if whole else first.text,
    }
    if not whole:
        data["finding"] = first.finding
    if first.label is not None:
        data["label"] = "; ".join(f"{display_name(question.finding)}: {question.label}" for question in group)
    return data


def _interface(findings: Sequence[str], shows_label: bool) -> str:
    view = ElementTree.Element("View")
    ElementTree.SubElement(view, "Header", value="$question")
    if shows_label:
        ElementTree.SubElement(view, "Header", value="$label", size="5")
    tools = dict.fromkeys(("zoom", "zoomControl", "brightnessControl", "contrastControl"), "true")
    ElementTree.SubElement(view, "Image", {"name": "image", "value": "$image", **tools})
    for finding in findings:
        ElementTree.SubElement(view, "Header", value=display_name(finding), size="5")
        _control(view, finding)
    if not findings:
        _control(view, VERDICT)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def _control(view: ElementTree.Element, name: str) -> None:
    control = ElementTree.SubElement(
        view, "Choices", name=name, toName="image", choice="single-radio", showInline="true", required="true"
    )
    for word in CHOICES:
        ElementTree.SubElement(control, "Choice", value=word)
