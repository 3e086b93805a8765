"""Targets, and the tables that are printed."""

from typing import Any

LEAST_SPEEDUP, LARGEST_ACK_RATIO = 4.0, 5.0


def verdicts(table: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Targets beside what was measured; those whose systems did not run are left out."""
    rows: list[dict[str, Any]] = []
    if {"node", "obvious"} <= set(table):
        value = table["node"]["images_per_s"] / table["obvious"]["images_per_s"]
        met = value >= LEAST_SPEEDUP
        rows.append({"target": f"throughput >= {LEAST_SPEEDUP:g} x obvious", "value": round(value, 2), "met": met})
    if {"node", "bare"} <= set(table):
        value = table["node"]["ack_p99_s"] / table["bare"]["ack_p99_s"]
        met = value <= LARGEST_ACK_RATIO
        rows.append({"target": f"ack p99 <= {LARGEST_ACK_RATIO:g} x bare", "value": round(value, 2), "met": met})
    if "node" in table:
        wrong = int(table["node"]["lost"] + table["node"]["doubled"])
        rows.append({"target": "lost or doubled: 0", "value": wrong, "met": wrong == 0})
    return rows


def show(table: dict[str, dict[str, float]], rows: list[dict[str, Any]]) -> None:
    """Print both as markdown."""
    names = list(table)
    print(f"\n| figure | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for figure in table[names[0]]:
        print(f"| {figure} | {' | '.join(f'{table[name][figure]:g}' for name in names)} |")
    print("\n| target | measured | met |\n|---|---|---|")
    for row in rows:
        print(f"| {row['target']} | {row['value']:g} | {'yes' if row['met'] else 'no'} |")
