from lucency.errors import LucencyError, explanation


def test_explanation_finds_the_users_error_below_the_wrappers():
    innermost, middle, outermost = LucencyError("a.csv: no column 'patient'"), RuntimeError("transform"), KeyError("x")
    middle.__cause__ = innermost  # raise ... from
    outermost.__context__ = middle  # raised while handling
    assert explanation(outermost) == "a.csv: no column 'patient'"


def test_explanation_puts_system_errors_on_one_line():
    assert explanation(FileNotFoundError(2, "No such file", "x\n.pt")) == r"[Errno 2] No such file: 'x\n.pt'"


def test_a_defect_of_the_program_has_no_explanation():
    assert explanation(IndexError("list index out of range")) is None
