"""One state from what several readers say of one finding on one image."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import ConfigError
from ..labels import LabelState

Rule = Literal["majority", "unanimous", "adjudicated"]


@dataclass(frozen=True, kw_only=True)
class Adjudication:
    """The declared rule by which the verdicts of several readers become one state.

    | rule | state |
    | --- | --- |
    | `majority` | the one that more than half of the readers give |
    | `unanimous` | the one that all readers give |
    | `adjudicated` | the one that the adjudicator gives; before that, the one that all others give |

    Where the rule does not decide, the state is uncertain: readers have looked, and what stood there before is no more
    sure than they are. Every verdict counts as one vote, an uncertain one too, so two readers who say positive
    and uncertain leave a cell uncertain. One reader alone decides under each rule.

    The rules are those of reading studies with two readers and an arbiter; what becomes of a tie is our choice.

    Args:
        rule: see above.
        adjudicator: reader whose verdict wins; given with `adjudicated`, and only then.

    Raises:
        ConfigError: an unknown rule; an adjudicator is missing or has nothing to do.

    Example:
        >>> verdicts = {"R1": "positive", "R2": "negative", "R3": "positive"}
        >>> Adjudication()(verdicts).value, Adjudication(rule="unanimous")(verdicts).value
        ('positive', 'uncertain')
        >>> Adjudication(rule="adjudicated", adjudicator="R2")(verdicts).value
        'negative'
    """

    rule: Rule = "majority"
    adjudicator: str | None = None

    def __post_init__(self) -> None:
        if self.rule not in get_args(Rule):
            raise ConfigError(f"Adjudication: rule cannot be {self.rule!r}; use {', '.join(get_args(Rule))}")
        if self.rule == "adjudicated" and not self.adjudicator:
            raise ConfigError("Adjudication: adjudicated needs a reader whose verdict wins; give adjudicator")
        if self.rule != "adjudicated" and self.adjudicator is not None:
            raise ConfigError(f"Adjudication: {self.rule} has no adjudicator; use rule adjudicated, or take it out")

    def __call__(self, verdicts: Mapping[str, str]) -> LabelState:
        """State of one cell.

        Args:
            verdicts: state that each reader gives, one reader or more.

        Raises:
            ConfigError: no verdict.
            ValueError: one of them is no label state.
        """
        if not verdicts:
            raise ConfigError("Adjudication: no reader has given a verdict; leave the cell as it is")
        if self.adjudicator is not None and self.adjudicator in verdicts:
            return LabelState(verdicts[self.adjudicator])
        ((state, votes),) = Counter(LabelState(verdict) for verdict in verdicts.values()).most_common(1)
        enough = votes > len(verdicts) / 2 if self.rule == "majority" else votes == len(verdicts)
        return state if enough else LabelState.UNCERTAIN
