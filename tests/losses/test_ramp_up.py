"""A factor that grows from 0 to 1 over a share or a number of the epochs."""

import pytest

from lucency.errors import ConfigError
from lucency.losses.ramp_up import RampUp


def factors(share, max_epochs, **settings):
    ramp = RampUp(share, **settings)
    for epoch in range(1, max_epochs + 1):
        ramp.set_epoch(epoch, max_epochs)
        yield ramp.factor()


def test_it_starts_at_zero_grows_evenly_and_stays_at_one():
    assert list(factors(0.5, 8)) == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1]
    assert list(factors(1, 4)) == [0, 0.25, 0.5, 0.75]
    assert list(factors(0, 5, epochs=2)) == [0, 0.5, 1, 1, 1]


def test_without_ramp_up_nobody_need_tell_the_epoch():
    assert RampUp(0).factor() == 1
    assert list(factors(0, 3)) == [1, 1, 1]


def test_with_ramp_up_somebody_must():
    with pytest.raises(ConfigError, match="RampUp: changes with the epoch but was not told which it is"):
        RampUp(0.1).factor()
    with pytest.raises(ConfigError, match="RampUp: changes with the epoch but was not told which it is"):
        RampUp(epochs=1).factor()


@pytest.mark.parametrize(("wrong", "shown"), [({"share": 2}, "2"), ({"epochs": -1}, "-1")])
def test_what_is_out_of_range_is_refused_by_the_name_that_the_loss_has_for_it(wrong, shown):
    with pytest.raises(ConfigError, match=f"MyLoss: warm_up is {shown}"):
        RampUp(**wrong, owner="MyLoss", argument="warm_up")
