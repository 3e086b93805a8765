from collections import Counter, defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.data.phantom import sample_case
from lucency.data.phantom.nih_counts import FINDINGS


@settings(deadline=None)  # the first call works out the correlations
@given(index=st.integers(0, 10**6), seed=st.integers(0, 2**32))
def test_case_follows_from_seed_and_index(index: int, seed: int) -> None:
    case = sample_case(index, seed)
    assert case == sample_case(index, seed)
    assert case.view in ("PA", "AP")
    assert case.sex in ("F", "M")
    assert 16 <= case.age <= 96
    assert set(case.severity) <= set(FINDINGS)
    assert all(0 < severity <= 1 for severity in case.severity.values())


def test_patients_have_one_to_four_images_numbered_from_zero() -> None:
    visits = defaultdict(list)
    for index in range(500):
        case = sample_case(index, 0)
        visits[case.patient].append(case.follow_up)
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in visits.values())
    assert set(map(len, visits.values())) == {1, 2, 4}
    assert len(visits) == 300


def test_follow_ups_are_of_the_same_person_and_do_not_grow_younger() -> None:
    people = defaultdict(list)
    for index in range(300):
        case = sample_case(index, 0)
        people[case.patient].append(case)
    for cases in people.values():
        assert len({case.sex for case in cases}) == 1
        ages = [case.age for case in sorted(cases, key=lambda case: case.follow_up)]
        assert ages == sorted(ages)


def test_seeds_give_other_patients() -> None:
    assert [sample_case(i, 0).severity for i in range(20)] != [sample_case(i, 1).severity for i in range(20)]


def test_views_are_drawn_without_regard_to_findings() -> None:
    cases = [sample_case(index, 0) for index in range(2500)]
    views = Counter((case.view, bool(case.severity)) for case in cases)
    ill_share = [views[view, True] / (views[view, True] + views[view, False]) for view in ("PA", "AP")]
    assert abs(ill_share[0] - ill_share[1]) < 0.07
