from hypothesis import given
from hypothesis import strategies as st

from lucency.bundle.keys import all_keys, flatten, normalise, suggestion, unused_keys

CONFIG = {
    "lr": 0.1,
    "depth": 3,
    "imports": ["$import os"],
    "net": {"_target_": "torch.nn.Linear", "in_features": "@depth", "out_features": "$2 * @depth"},
    "train": {"handlers": [{"_target_": "A", "net": "@net"}, {"rate": "$@lr + 1"}], "nothing": {}},
    "run": ["$@train#trainer.run()"],
}


def test_flatten_keeps_empty_containers_and_list_positions():
    leaves = flatten(CONFIG)
    assert leaves["train::handlers::1::rate"] == "$@lr + 1"
    assert leaves["train::nothing"] == {}
    assert leaves["imports::0"] == "$import os"


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1)))
def test_all_keys_holds_every_leaf_and_every_prefix(config):
    keys = all_keys(config)
    assert len(keys) == len(set(keys))
    for leaf in flatten(config):
        assert leaf in keys
        assert leaf.rpartition("::")[0] in [*keys, ""]


def test_normalise_accepts_all_of_monais_spellings():
    assert {normalise(k) for k in ("+a#b", "a::b", "a#b")} == {"a::b"}


def test_unused_top_level_key_is_named_with_the_nearest_used_one():
    assert unused_keys(CONFIG) == []
    assert unused_keys(CONFIG | {"dpeth": 4}) == [
        "key 'dpeth' is used by nothing in the configuration; did you mean 'depth'?"
    ]


def test_keys_that_a_workflow_looks_up_by_name_count_as_used():
    assert unused_keys({"bundle_root": ".", "device": "cpu", "initialize": [], "finalize": [], "_meta_": {}}) == []


def test_suggestion_is_empty_when_nothing_is_near():
    assert suggestion("zzzz", ["loss", "seed"]) == ""
