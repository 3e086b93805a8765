"""What several readers of an image say, counted row by row, and the rules that make it one state."""

import csv
import functools
import gzip
from collections import Counter, defaultdict
from fractions import Fraction


def rows_of(path):
    """Rows of a .csv or .csv.gz as dictionaries."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@functools.cache
def state(positive: int, readers: int, rule: str) -> str:
    share = Fraction(positive, readers)
    if rule == "majority" and share == Fraction(1, 2):
        return "uncertain"
    if rule == "soft" and 0 < share < 1:
        return "uncertain"
    least = {"majority": Fraction(1, 2), "any": Fraction(1, readers), "all": Fraction(1), "soft": Fraction(1)}[rule]
    return "positive" if share >= least else "negative"


def kaggle_votes(path):
    """Classes that each reader of each image names in VinDr-CXR's train.csv of Kaggle: {image: {reader: {class}}}."""
    said = defaultdict(lambda: defaultdict(set))
    for row in rows_of(path):
        said[row["image_id"]][row["rad_id"]].add(row["class_name"])
    return said


def counted_states(said, rule, in_agreement, kinds):
    """How many images have each state of each class.

    The class `in_agreement` needs every reader where any is enough for the others. `kinds` lists the classes that are
    kinds of a broader one, which they keep from being denied.
    """
    classes = {word for readings in said.values() for words in readings.values() for word in words}
    counts = {name: Counter() for name in classes}
    for readings in said.values():
        votes = Counter(word for words in readings.values() for word in words)
        states = {}
        for name in classes:
            needed = "all" if (name, rule) == (in_agreement, "any") else rule
            states[name] = state(votes[name], len(readings), needed)
        for name in classes:
            kept = states[name] == "negative" and any(states[kind] != "negative" for kind in kinds.get(name, ()))
            counts[name]["unmentioned" if kept else states[name]] += 1
    return {name: dict(count) for name, count in counts.items()}
