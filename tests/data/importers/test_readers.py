import numpy as np
import pytest

from lucency.data.importers.readers import RULES, agreed_states, positive_shares
from lucency.errors import ConfigError
from references.reader_votes import state

VOTES = [(positive, readers) for readers in range(1, 7) for positive in range(readers + 1)]


@pytest.mark.parametrize("rule", RULES)
def test_every_vote_of_up_to_six_readers_follows_the_rule(rule):
    positive, readers = np.array(VOTES).T
    states = agreed_states(positive[:, None], readers, rule)
    assert states[:, 0].tolist() == [state(yes, every, rule) for yes, every in VOTES]


def test_findings_of_an_image_have_the_same_readers():
    states = agreed_states(np.array([[0, 1, 2], [2, 1, 0]]), np.array([3, 2]), "majority")
    assert states.tolist() == [["negative", "negative", "positive"], ["positive", "uncertain", "negative"]]


def test_shares_are_numbers_as_text_or_blank():
    positive, readers = np.array(VOTES).T
    shares = positive_shares(positive[:, None], readers)[:, 0]
    np.testing.assert_allclose(shares.astype(float), [yes / every for yes, every in VOTES], atol=1e-6)
    assert positive_shares(np.array([[1, 0]]), np.array([0])).tolist() == [["", ""]]


def test_an_unknown_rule_is_named():
    with pytest.raises(ConfigError, match="readers must be majority, any, all or soft, not 'mean'"):
        agreed_states(np.array([[1]]), np.array([1]), "mean")
