import itertools

import pytest

from lucency.node.jobs import Kind, Reception, State
from lucency.node.operations.words import is_word, word_or


@pytest.mark.parametrize("word", [*State, *Kind, *Reception, "queue", "disk", "stopping", "association_refused"])
def test_the_nodes_own_words_pass(word: str) -> None:
    assert is_word(word)


@pytest.mark.parametrize(
    "text",
    [
        "Müller",
        "MUELLER^ANNA",
        "1.2.840.10008",
        "anna mueller",
        "pid1234",
        "",
        "a\n",
        "_a",
        "a__b",
        "x" * 300,
        None,
        7,
        b"a",
    ],
)
def test_names_numbers_and_uids_do_not(text: object) -> None:
    assert not is_word(text)
    assert word_or(text, "other") == "other"


def test_a_word_has_an_end() -> None:
    assert not is_word("_".join(itertools.repeat("a", 50)))
