import pytest

from lucency.errors import ConfigError
from lucency.terminal import run_script


def fails_by(error):
    def run():
        raise RuntimeError("deep inside") from error

    return run


def test_a_script_says_in_one_line_what_the_user_can_mend():
    with pytest.raises(SystemExit) as stopped:
        run_script(fails_by(ConfigError("plan.yaml: no key 'rungz'")))
    assert stopped.value.code == "plan.yaml: no key 'rungz'"


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="deep inside"):
        run_script(fails_by(ZeroDivisionError()))


def test_an_interrupted_script_says_that_it_can_go_on(capsys):
    def run():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped:
        run_script(run)
    assert stopped.value.code == 130
    assert "run again to go on" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run_script(run, resumes=False)
    assert capsys.readouterr().err == "stopped; nothing is kept\n"
