"""The page that users read before they trust a model."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ..bundle_text import BundleText
from ..finding import Fault, Level, Place
from ..rule import Rule

README = "docs/README.md"
TOPICS = {
    "data": r"\b(data|dataset|images)\b",
    "commands": r"\b(command|usage|run|training|example)",
    "performance": r"\b(performance|measured|metric|result|score|evaluation|accuracy)",
    "limitations": r"\blimit",
    "references": r"\b(reference|citation|paper)",
    "licence": r"\blicen[cs]e",
}
"""Headings that a page has, by a word that is in one of them."""

STATEMENTS = {
    "intended use": r"intended use|(research|clinical) use|for research|not (to be used )?for (diagnos|clinical)",
    "memory": r"\b(RAM|VRAM|memory|[GM]i?B)\b",
    "how many cases the figures are of": (
        r"\bn\s*=\s*\d|\d\s+(images|patients|cases|studies|radiographs|scans|volumes|subjects)\b|"
        r"\bnothing (was|has been) measured\b"
    ),
}
"""What a page states somewhere."""

_LONGEST = 2000  # characters of a line that are looked at: patterns take long on what is far longer
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_COMMAND_FILE = re.compile(r"\bconfigs/[\w./-]+\.(?:json|ya?ml|conf)\b")
_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s]+)\)")
_PLACEHOLDER = re.compile(r"(?i)\b(todo|tbd|fixme|lorem ipsum)\b|describe (what|your)|\?\?\?")


def _lines(bundle: BundleText) -> list[tuple[int, str, bool]]:
    """Lines of the page with number, and whether they are in a block of code."""
    inside, found = False, []
    for number, whole in enumerate((bundle.read(README) or "").splitlines(), start=1):
        line = whole[:_LONGEST]
        fence = line.lstrip().startswith(("```", "~~~"))
        found.append((number, line, inside or fence))
        inside ^= fence
    return found


def _headings(bundle: BundleText) -> list[tuple[int, int, str]]:
    """Line, depth and text of the headings."""
    lines = [(number, _HEADING.match(line)) for number, line, is_code in _lines(bundle) if not is_code]
    return [(number, len(match[1]), match[2]) for number, match in lines if match]


def _topics(bundle: BundleText) -> Iterator[Fault]:
    text = bundle.read(README)
    if not text:
        return
    headings = [heading.lower() for _, _, heading in _headings(bundle)]
    elsewhere = {"licence": re.search(TOPICS["licence"], text, re.IGNORECASE), "commands": "```" in text}
    for topic, pattern in TOPICS.items():
        if not elsewhere.get(topic) and not any(re.search(pattern, heading) for heading in headings):
            yield Fault(Place(README), f"has no heading about {topic}", f"add a section: ## {topic.capitalize()}")


def _statements(bundle: BundleText) -> Iterator[Fault]:
    text = " ".join((bundle.read(README) or "").split())
    for topic, pattern in STATEMENTS.items() if text else ():
        if not re.search(pattern, text, re.IGNORECASE if topic != "memory" else 0):
            yield Fault(Place(README), f"does not say: {topic}", "say it, with figures where there are any")


def _empty(bundle: BundleText) -> Iterator[Fault]:
    filled = {number for number, line, _ in _lines(bundle) if line.strip()}
    headings = _headings(bundle)
    numbers = {number for number, _, _ in headings}
    for index, (number, depth, heading) in enumerate(headings):
        following = [other for other in headings[index + 1 :] if other[1] <= depth]
        end = following[0][0] if following else max(filled) + 1
        if not (filled - numbers) & set(range(number + 1, end)):
            yield Fault(Place(README, number), f"the section {heading} is empty", "fill it, or delete it")


def _commands(bundle: BundleText) -> Iterator[Fault]:
    for number, line, is_code in _lines(bundle):
        for file in dict.fromkeys(_COMMAND_FILE.findall(line)) if is_code else ():
            if file not in bundle.files:
                yield Fault(Place(README, number), f"a command names {file}, which is not there", "correct the command")


def _links(bundle: BundleText) -> Iterator[Fault]:
    inside = {*bundle.files, *(parent.as_posix() for file in bundle.files for parent in PurePosixPath(file).parents)}
    for number, line, is_code in _lines(bundle):
        for link in [] if is_code else _LINK.findall(line):
            if posixpath.normpath(posixpath.join("docs", link.partition("#")[0])) not in inside:
                mend = "link to an address on the web, or put the page into the bundle"
                yield Fault(Place(README, number), f"{link} is not in the bundle", mend)


def _placeholders(bundle: BundleText) -> Iterator[Fault]:
    for number, line, is_code in _lines(bundle):
        if not is_code and (match := _PLACEHOLDER.search(line)):
            yield Fault(Place(README, number), f"still says {match[0]}", "write what belongs there")


RULES = (
    Rule(
        "docs.topics",
        Level.WARNING,
        "`docs/README.md` has headings about " + ", ".join(TOPICS) + " (the licence may be a line, commands a block).",
        "Users decide by them.",
        _topics,
    ),
    Rule(
        "docs.statements",
        Level.WARNING,
        "It states: " + ", ".join(STATEMENTS) + ", or that nothing was measured.",
        "A figure without its n, a model without its purpose and a job killed for memory help nobody.",
        _statements,
    ),
    Rule(
        "docs.empty-section",
        Level.WARNING,
        "No section is empty.",
        "It promises what is not there.",
        _empty,
    ),
    Rule(
        "docs.command",
        Level.ERROR,
        "Configuration files in its commands exist.",
        "The first thing that a user types fails.",
        _commands,
    ),
    Rule(
        "docs.link",
        Level.WARNING,
        "Its links lead to files of the bundle or to the web.",
        "A downloaded bundle stands alone.",
        _links,
    ),
    Rule(
        "docs.placeholder",
        Level.WARNING,
        "It has no placeholders.",
        "It is not finished.",
        _placeholders,
    ),
)
