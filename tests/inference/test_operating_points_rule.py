import pytest

from lucency.errors import ConfigError
from lucency.inference.operating_points import Rule, Rules, parse_rules


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("youden", Rule("youden")),
        (" ppv = 0.5 ", Rule("ppv", 0.5)),
        ("sensitivity=1", Rule("sensitivity", 1.0)),
        ("given=0", Rule("given", 0.0)),
    ],
)
def test_a_rule_is_read_as_it_is_written(text, rule):
    assert Rule.parse(text) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sensitivty=0.9", "'sensitivty': is none of youden, .* did you mean 'sensitivity'?"),
        ("sensitivity", "'sensitivity': has no target; write for example sensitivity=0.95"),
        ("sensitivity=95", r"'sensitivity 95': the target lies outside \(0, 1\]; give a share"),
        ("alert_rate=0", r"'alert_rate 0': the target lies outside \(0, 1\]"),
        ("given=-0.1", r"'given -0.1': the target lies outside \[0, 1\]"),
        ("ppv=nan", "'ppv nan': the target lies outside"),
        ("ppv=half", "'ppv=half': 'half' is no number; write for example ppv=0.95"),
        ("youden=0.5", "'youden 0.5': takes no target"),
        ("", "'': is none of youden"),
    ],
)
def test_nonsense_is_one_line_that_says_what_to_write(text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        parse_rules([text])
    assert "\n" not in str(caught.value)


def test_a_file_and_the_command_line_say_the_same(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text("default: sensitivity=0.95\nmass: ppv=0.5\nhernia: none\n")
    assert parse_rules([str(file)]) == parse_rules(["hernia:none", "sensitivity=0.95", "mass: ppv=0.5"])
    assert parse_rules([str(file), "edema:youden"]).by_finding["edema"] == Rule("youden")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- youden", "rules.yaml: maps no names to values; write one a line"),
        ("mass: 0.5", "rules.yaml: mass: 0.5 is no rule; write one a line"),
        ("mass: [", "is no YAML"),
        ("mass: youdn", "did you mean 'youden'?"),
        (None, "rules.yaml: cannot be read"),
    ],
)
def test_a_broken_file_is_named_with_the_mend(content, message, tmp_path):
    file = tmp_path / "rules.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=message):
        parse_rules([str(file)])


def test_two_rules_of_one_finding_are_an_error():
    for texts in (["youden", "ppv=0.5"], ["mass:youden", "mass:none"]):
        with pytest.raises(ConfigError, match="is given twice; keep one"):
            parse_rules(texts)
    with pytest.raises(ConfigError, match="no rule is given"):
        parse_rules([])


def test_rules_reach_the_findings_they_name_and_the_default_all_others():
    rules = parse_rules(["mass:none", "edema:ppv=0.5"])
    assert rules.choices(["edema", "mass", "nodule"]) == {"edema": Rule("ppv", 0.5), "mass": None}
    with_default = Rules(rules.by_finding, Rule("youden"))
    assert with_default.choices(["mass", "nodule", "edema"]) == {
        "mass": None, "nodule": Rule("youden"), "edema": Rule("ppv", 0.5),
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"rule of 'edema': there are no scores of it; did you mean 'oedema'\?"):
        rules.choices(["oedema", "mass"])
