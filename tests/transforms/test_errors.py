"""The error itself."""

import pickle

from lucency.errors import LucencyError
from lucency.transforms import RadiographError


def test_the_error_is_ours_and_survives_another_process():
    error = RadiographError("a.dcm", "two\n lines", "(0028,0010) Rows")
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(error, LucencyError)
    assert str(copy) == str(error) == "a.dcm: (0028,0010) Rows: two lines"
    assert (copy.path, copy.tag, copy.reason) == ("a.dcm", "(0028,0010) Rows", "two lines")
