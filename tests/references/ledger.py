"""What a table of labels becomes as readers answer, cell by cell; and the agreement of readers, pair by pair."""

from collections import Counter, defaultdict
from itertools import combinations

NAN = float("nan")


def decided(verdicts, rule="majority", adjudicator=None):
    """State of a cell from {reader: state}."""
    if rule == "adjudicated" and adjudicator in verdicts:
        return verdicts[adjudicator]
    for state in ("positive", "negative", "uncertain"):
        votes = [verdict == state for verdict in verdicts.values()]
        if all(votes) or (rule == "majority" and 2 * sum(votes) > len(votes)):
            return state
    return "uncertain"


def table_after(frame, verdicts, last_round, **rule):
    """A copy of the table after all verdicts of rounds up to `last_round`."""
    table = frame.copy()
    cells = defaultdict(dict)
    for round_ in range(1, last_round + 1):
        answers = defaultdict(dict)
        for verdict in verdicts:
            if verdict.round == round_:
                answers[verdict.image, verdict.finding][verdict.reader] = verdict.state
        cells.update(answers)
    for (image, finding), said in sorted(cells.items()):
        (row,) = table.index[table["image"] == image]
        table.loc[row, finding] = decided(said, **rule)
        if "labelled" in table and finding not in table.loc[row, "labelled"].split():
            table.loc[row, "labelled"] = f"{table.loc[row, 'labelled']} {finding}".strip()
        if "implied" in table:
            table.loc[row, "implied"] = " ".join(word for word in table.loc[row, "implied"].split() if word != finding)
        if f"share_{finding}" in table:
            counts = Counter(said.values())
            sure = counts["positive"] + counts["negative"]
            table.loc[row, f"share_{finding}"] = f"{counts['positive'] / sure:.6g}" if sure else ""
    return table


def agreement(cells):
    """Of cells, each a list of states: how many are in conflict, share of equal pairs, Fleiss' kappa."""
    cells = [states for states in cells if len(states) > 1]
    if not cells:
        return 0, 0, NAN, NAN
    conflicts = sum(len(set(states)) > 1 for states in cells)
    equal = [[a == b for a, b in combinations(states, 2)] for states in cells]
    observed = sum(sum(pairs) / len(pairs) for pairs in equal) / len(cells)
    said = Counter(state for states in cells for state in states)
    chance = sum((count / said.total()) ** 2 for count in said.values())
    return len(cells), conflicts, observed, NAN if len(said) == 1 else (observed - chance) / (1 - chance)
