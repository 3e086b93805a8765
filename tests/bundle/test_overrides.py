import pytest
from monai.bundle import ConfigParser

from lucency.bundle.overrides import check_overrides, literal
from lucency.errors import ConfigError

CONFIG = {
    "seed": 0,
    "optimizer": {"_target_": "torch.optim.AdamW", "params": [], "lr": 0.1},
    "network_def": {"_target_": "DenseNet121", "spatial_dims": 2},
    "handlers": [{"_target_": "StatsHandler"}],
}


@pytest.mark.parametrize(
    "key",
    ["seed", "optimizer#lr", "optimizer::weight_decay", "handlers#0#tag_name", "network_def#_target_",
     "optimizer#_disabled_", "+handlers", "network_def#dropout_prob"],
)  # fmt: skip
def test_existing_keys_and_constructor_arguments_are_accepted(key):
    check_overrides(CONFIG, {key: 1})


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("sead", "seed"),
        ("optimizer#weight_deacy", "optimizer::weight_decay"),
        ("handlers#0#tag_nmae", "handlers::0::tag_name"),
        ("optimiser#lr", "optimizer::lr"),
    ],
)
def test_misspelt_key_names_the_nearest_valid_one(key, nearest):
    with pytest.raises(ConfigError) as caught:
        check_overrides(CONFIG, {key: 1})
    assert str(caught.value) == f"override {key!r}: no such key; did you mean {nearest!r}?"


@pytest.mark.parametrize(
    "text",
    ["/plain/path", "$1 + 1", "@seed", "%seed", "a#1", "it's @ \\ \n $x", "$__import__('os').remove('x')", "ü#\udcff"],
)
def test_a_literal_is_never_taken_for_an_expression_or_a_reference(text):
    parser = ConfigParser({"seed": 0, "folder": "", "copy": "@folder", "below": "$@folder + '/eval'"})
    parser.update({"folder": literal(text)})
    assert [parser.get_parsed_content(key) for key in ("folder", "copy", "below")] == [text, text, text + "/eval"]
