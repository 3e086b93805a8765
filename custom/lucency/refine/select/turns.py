"""Findings take turns at spending a budget."""

from collections.abc import Sequence

from ..entries import FloatArray, IntArray


def take_turns(
    queues: Sequence[IntArray], scores: FloatArray, shares: FloatArray, budget: int, *, once: bool = False
) -> list[tuple[int, int]]:
    r"""Spend a budget on rows, finding by finding in proportion to shares.

    The next turn belongs to the finding with the smallest $(t_c + 1) / w_c$, $t_c$ being the turns it has had and $w_c$
    its share; of equals, to the one whose next row scores highest, then to the first. It takes the first row of its
    queue. A finding whose queue is empty is passed over, which is how what it leaves goes to the others in proportion.

    Ours; the order of turns is d'Hondt's.

    Args:
        queues: for every finding its rows, best first.
        scores: (N, C), of these rows.
        shares: (C,) 0 or more; 0 takes no turn.
        budget: turns in all.
        once: a row that one finding took is nobody else's any more.

    Returns:
        (row, finding) in the order of the turns.

    Example:
        >>> import numpy as np
        >>> scores = np.array([[0.9, 0.1], [0.8, np.nan], [0.7, np.nan]])
        >>> take_turns([np.array([0, 1, 2]), np.array([0])], scores, np.array([1.0, 1.0]), 3)
        [(0, 0), (0, 1), (1, 0)]
    """
    rows = [queue.tolist() for queue in queues]
    had, place = [0] * len(rows), [0] * len(rows)
    waiting = [finding for finding, share in enumerate(shares) if share > 0]
    taken: set[int] = set()
    turns: list[tuple[int, int]] = []

    def due(finding: int) -> tuple[float, float]:
        return (had[finding] + 1) / shares[finding], -scores[rows[finding][place[finding]], finding]

    while len(turns) < budget:
        for finding in waiting:
            while place[finding] < len(rows[finding]) and rows[finding][place[finding]] in taken:
                place[finding] += 1
        waiting = [finding for finding in waiting if place[finding] < len(rows[finding])]
        if not waiting:
            break
        finding = min(waiting, key=due)
        row = rows[finding][place[finding]]
        turns.append((row, finding))
        had[finding] += 1
        place[finding] += 1
        if once:
            taken.add(row)
    return turns
