"""Assembling row by row: what `lucency.data.assembling` must come to, with loops in place of arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lucency.labels import vocabulary

SUFFIXES = (".nii.gz", ".png", ".dcm")


@dataclass
class Row:
    """One image of one source."""

    image: str
    source: str
    word: str
    patient: str
    table: int
    states: dict[str, str]  # of the findings that the source's table has
    labelled: set[str]
    implied: dict[str, str] = field(default_factory=dict)


def stem(name: str) -> str:
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def key(row: Row, rows: Sequence[Row]) -> str:
    """Bare name without suffix, unless a table of the same patients has that twice."""
    bare = stem(row.image.split("/")[-1])
    tables = [other.table for other in rows if other.word == row.word and stem(other.image.split("/")[-1]) == bare]
    return bare if len(set(tables)) == len(tables) else row.image


def joined(items: Sequence[Any], tied: Any) -> list[list[int]]:
    """Positions of items in groups that `tied` holds together, directly or through others."""
    groups: list[list[int]] = []
    for at in range(len(items)):
        near = [group for group in groups if any(tied(items[at], items[other]) for other in group)]
        for group in near:
            groups.remove(group)
        groups.append(sorted([at, *(other for group in near for other in group)]))
    return sorted(groups)


def silence(row: Row) -> None:
    """Unmentioned labels become negative, unless a kind of the finding may be there."""
    possible = {finding for finding, state in row.states.items() if state in ("positive", "uncertain")}
    possible |= {finding for finding, state in row.implied.items() if state != "negative"}
    broader = {ancestor for finding in possible for ancestor in vocabulary().ancestors(finding)}
    for finding in row.labelled:
        if row.states[finding] == "unmentioned" and finding not in broader and finding not in row.implied:
            row.states[finding] = "negative"


def merged_state(finding: str, rows: Sequence[Row], resolution: str) -> tuple[str, bool]:
    """State of a finding, and whether rows disagree."""
    said = [row.states[finding] for row in rows if row.states.get(finding, "unmentioned") != "unmentioned"]
    if not said:
        return "unmentioned", False
    if len(set(said)) == 1:
        return said[0], False
    return ("uncertain" if resolution == "uncertain" else said[0]), True


def implied_state(finding: str, states: dict[str, str], given: dict[str, str]) -> str:
    """What follows for an unmentioned finding, from stated and from already implied ones."""
    known = {
        name: given.get(name, "unmentioned") if state == "unmentioned" else state for name, state in states.items()
    }
    votes = {known[finding]}
    for other, state in known.items():
        if state == "positive" and finding in vocabulary().ancestors(other):
            votes.add("positive")
        if state == "negative" and other in vocabulary().ancestors(finding):
            votes.add("negative")
    votes.discard("unmentioned")
    return votes.pop() if len(votes) == 1 else "unmentioned"


def given_states(findings: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """States that the rows of an image call implied, where they do not differ."""
    given = {}
    for finding in findings:
        states = {row.implied[finding] for row in rows if finding in row.implied}
        if len(states) == 1:
            given[finding] = states.pop()
    return given


def assembled(rows: list[Row], findings: Sequence[str], *, implied: bool, resolution: str) -> list[dict[str, Any]]:
    """One dict an image: image, source, patient, labelled, implied and states."""
    images = joined(rows, lambda a, b: a.word == b.word and key(a, rows) == key(b, rows))
    patients = sorted({row.patient for row in rows})
    together = [{rows[at].patient for at in group} for group in images]
    persons = [
        [patients[at] for at in group]
        for group in joined(patients, lambda a, b: any(a in some and b in some for some in together))
    ]
    result = []
    for group in images:
        some = [rows[at] for at in group]
        states = {finding: merged_state(finding, some, resolution)[0] for finding in findings}
        given = given_states(findings, some)
        derived = {
            finding: state
            for finding in findings
            if implied
            and states[finding] == "unmentioned"
            and (state := implied_state(finding, states, given)) != "unmentioned"
        }
        result.append(
            {
                "image": some[0].image,
                "source": "+".join(dict.fromkeys(row.source for row in some)),
                "patient": min(next(person for person in persons if some[0].patient in person)),
                "labelled": set().union(*(row.labelled for row in some)),
                "implied": set(derived),
                **(states | derived),
            }
        )
    return result


def disagreements(rows: list[Row], findings: Sequence[str]) -> set[tuple[str, ...]]:
    """Image, finding, and two sources with the different states that they give."""
    found = set()
    for group in joined(rows, lambda a, b: a.word == b.word and key(a, rows) == key(b, rows)):
        for finding in findings:
            for one in group:
                for other in (later for later in group if later > one):
                    states = [rows[at].states.get(finding, "unmentioned") for at in (one, other)]
                    if "unmentioned" not in states and states[0] != states[1]:
                        sources = (rows[one].source, rows[other].source)
                        found.add((rows[group[0]].image, finding, sources[0], states[0], sources[1], states[1]))
    return found
