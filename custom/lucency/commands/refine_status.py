"""`lucency refine status`: what the rounds have come to."""

from .refine_options import ADJUDICATOR, LEDGER, RULE, adjudication, note_silence


def status(ledger: LEDGER, rule: RULE = "majority", adjudicator: ADJUDICATOR = None) -> None:
    """Print what was asked, answered and changed, by round and by finding, and how far readers agree.

    Changed labels had been mentioned and differ since; filled ones had not been mentioned.
    """
    from ..refine import Ledger
    from ..refine.worklists import changed_labels, finding_status, round_status
    from .refine_tables import show

    how = adjudication(rule, adjudicator)
    with Ledger.open(ledger, read_only=True) as book:
        changes = changed_labels(book, how)
        rounds = round_status(book, changes)
        if rounds.empty:
            print(f"{ledger}: no round yet; lucency refine rank and worklist begin one")
            return
        findings = finding_status(book, changes)
        note_silence(adjudicator, book.verdicts())
    show(rounds)
    print()
    show(findings)
    print(
        f"{ledger}: {rounds['asked'].sum()} questions in {len(rounds)} rounds, {rounds['answered'].sum()} answered, "
        f"{rounds['changed'].sum()} labels changed, {rounds['filled'].sum()} filled, by {how.rule}"
    )
