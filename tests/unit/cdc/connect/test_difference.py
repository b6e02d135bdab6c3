"""What a plan says: each key that differs, and which step leads from what is there to what is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from cdc.connect.difference import EPOCH, ConnectorPlan, Step

CONFIGURATIONS = st.dictionaries(st.sampled_from([EPOCH, "a", "b", "c"]), st.text(max_size=3))


@given(before=CONFIGURATIONS, after=CONFIGURATIONS)
def test_the_changes_lead_from_the_one_to_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    made = dict(before)
    for change in ConnectorPlan("huleedu-shop", after, before).changes:
        assert made.get(change.key) == change.before != change.after
        if change.after is None:
            del made[change.key]
        else:
            made[change.key] = change.after
    assert made == after


@given(wanted=CONFIGURATIONS)
def test_nothing_is_to_do_where_nothing_differs(wanted: dict[str, str]) -> None:
    plan = ConnectorPlan("huleedu-shop", wanted, dict(wanted))
    assert (plan.step, plan.changes) == (Step.NOTHING, ())


def test_what_is_not_there_is_created_and_another_epoch_is_more_than_a_change() -> None:
    wanted = {EPOCH: "2", "a": "1"}
    assert ConnectorPlan("huleedu-shop", wanted, None).step is Step.CREATE
    assert ConnectorPlan("huleedu-shop", wanted, wanted | {"a": "0"}).step is Step.CHANGE
    assert ConnectorPlan("huleedu-shop", wanted, wanted | {EPOCH: "1"}).step is Step.NEW_EPOCH


def test_a_change_says_what_was_and_what_will_be() -> None:
    plan = ConnectorPlan("huleedu-shop", {"new": "1", "other": "2"}, {"old": "0", "other": "1"})
    assert [str(change) for change in plan.changes] == ["+ new = 1", "- old = 0", "~ other = 2 (is 1)"]
