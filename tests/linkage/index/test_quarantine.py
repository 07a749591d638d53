"""Records that came near a shielded child."""

import numpy as np
import pytest
from oracle_index import Nights, child, record_id, shown

from linkage.exchange.errors import IndexRefused
from linkage.index import Index


@pytest.fixture
def quarantined(matched: Index, nights: Nights) -> Index:
    matched.protection.shield_record("gp", record_id(1), "order")
    nights.delta(matched, "gp", 11, 12)
    nights.link(matched, publish=False)
    run_no = matched.begin_run()
    live, keys = matched.live_rows(), nights.keys(matched)
    where = {key: int(row) for key, row in zip(keys, live.rows, strict=True)}
    matched.assign_children(run_no, live.rows, live.rows)
    found = matched.protection.quarantine(
        run_no,
        np.array([where["gp", 11]]),
        np.array([where["school", 1]]),
        np.array([33]),
        np.array([4.5], dtype=np.float32),
    )
    assert found == 1
    matched.publish(run_no)
    return matched


@pytest.mark.usefixtures("quarantined")
def test_it_is_shown_as_shielded_only(nights: Nights) -> None:
    assert ("gp", 12) in shown(nights)
    assert ("gp", 11) not in shown(nights)
    assert child(nights, "gp", 11).shielded


def test_it_is_listed(quarantined: Index) -> None:
    (found,) = quarantined.protection.quarantined()
    assert (found.source, found.record_id) == ("gp", record_id(11))
    assert (found.near_source, found.near_record_id) == ("school", record_id(1))
    assert (found.pattern, found.weight, found.run_no) == (33, 4.5, 2)


def test_released(quarantined: Index, nights: Nights) -> None:
    quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
    assert ("gp", 11) in shown(nights)
    assert quarantined.protection.quarantined() == []
    assert len(quarantined.protection.known_pairs().apart) == 1


def test_not_released_while_something_else_shields_its_child(quarantined: Index, nights: Nights) -> None:
    quarantined.protection.shield_record("gp", record_id(11), "another order")
    quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
    assert ("gp", 11) not in shown(nights)


def test_joined(quarantined: Index, nights: Nights) -> None:
    quarantined.protection.resolve_quarantine("gp", record_id(11), "the same child", same_child=True)
    assert len(quarantined.protection.known_pairs().together) == 1
    assert ("gp", 11) not in shown(nights)
    nights.link(quarantined, {("school", 1), ("gp", 11)})
    assert ("gp", 11) not in shown(nights)


def test_the_same_pair_is_not_asked_twice(quarantined: Index, nights: Nights) -> None:
    quarantined.protection.resolve_quarantine("gp", record_id(11), "another child", same_child=False)
    run_no = quarantined.begin_run()
    live = quarantined.live_rows()
    keys = nights.keys(quarantined)
    rows = live.rows[[keys.index(("gp", 11)), keys.index(("school", 1))]]
    one = np.ones(1)
    again = quarantined.protection.quarantine(
        run_no, rows[:1], rows[1:], one.astype(np.int64), one.astype(np.float32)
    )
    assert again == 0
    assert quarantined.protection.quarantined() == []


def test_the_unknown(quarantined: Index) -> None:
    with pytest.raises(IndexRefused, match="not in quarantine"):
        quarantined.protection.resolve_quarantine("gp", record_id(12), "", same_child=True)
