import pytest

from lucency.errors import ConfigError
from lucency.inference.guard import InputGuard, Rules, read_rules


def test_no_change_leaves_the_defaults():
    assert read_rules() == read_rules({}) == Rules()


def test_a_change_touches_its_own_part_alone():
    changed = read_rules({"age": {"minimum": 16}, "orientation": {"other": "refuse"}})
    assert changed.model_dump(exclude={"age", "orientation"}) == Rules().model_dump(exclude={"age", "orientation"})
    assert (changed.age.minimum, changed.age.other, changed.orientation.other) == (16, "warning", "refuse")


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"veiw": {"missing": "accept"}}, "did you mean 'view'"),
        ({"astrology": {}}, "there are: sop_class, modality"),
        ({"view": {"mising": "accept"}}, "view has no 'mising'; did you mean 'missing'"),
        ({"view": {"missing": "ignore"}}, "view.missing"),
        ({"view": {"allowed": ["SIDEWAYS"]}}, "view.allowed"),
        ({"view": {"allowed": []}}, "view.allowed"),
        ({"view": "accept"}, "give a mapping of"),
        ({"age": {"minimum": -1}}, "age.minimum"),
        ({"age": {"minimum": float("nan")}}, "age.minimum"),
        ({"sop_class": {"allowed": ["CT"]}}, "neither the UID nor the keyword"),
        ({"frames": {"missing": "refuse"}}, "frames has no 'missing'"),
        ({3: {}}, "'3' is no rule"),
        ("strict", "no mapping"),
    ],
)
def test_a_wrong_rule_is_one_line_with_the_mend(rules, told):
    with pytest.raises(ConfigError) as caught:
        InputGuard(image=False, rules=rules)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
