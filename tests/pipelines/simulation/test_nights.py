"""Nights of a simulation: snapshot and deltas that add up to the feed afterwards."""

import pandas as pd
import pytest
from click.testing import CliRunner

from cli import main
from linkage.exchange.errors import InputRefused
from pipelines import simulate
from pipelines.simulation.nights import OPERATION, RECORD_ID, NightRates

RATES = NightRates(new=0.1, changed=0.1, deleted=0.05)
N_NIGHTS = 4


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    out = tmp_path_factory.mktemp("nights")
    whole = simulate.run(out, 300, seed=9, formats=("csv", "parquet"), workers=1)
    simulate.cut_into_nights(out, whole, N_NIGHTS, RATES)
    return out


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("source", list(RECORD_ID))
def test_the_nights_add_up_to_the_feed_afterwards(simulated, source):
    key = RECORD_ID[source]
    state = read(simulated / "nights" / "01" / f"{source}.csv").set_index(key)
    for night in range(2, N_NIGHTS + 1):
        delta = read(simulated / "nights" / f"{night:02d}" / f"{source}.csv").set_index(key)
        assert delta.index.is_unique
        gone = delta[delta[OPERATION] == "delete"]
        assert (gone.drop(columns=OPERATION) == "").all(axis=None)
        assert set(gone.index) <= set(state.index)
        upserts = delta[delta[OPERATION] == "upsert"].drop(columns=OPERATION)
        assert len(set(upserts.index) - set(state.index)) > 0
        assert len(set(upserts.index) & set(state.index)) > 0
        state = pd.concat(
            [state.drop(index=gone.index.union(upserts.index.intersection(state.index))), upserts]
        )
    after = read(simulated / "after" / f"{source}.csv").set_index(key)
    pd.testing.assert_frame_equal(state.sort_index(), after.sort_index())
    assert set(after.index) < set(read(simulated / f"{source}.csv")[key])


def test_both_formats_hold_the_same_and_the_same_seed_gives_the_same(simulated, tmp_path):
    whole = simulate.run(tmp_path, 300, seed=9, formats=("csv",), workers=1)
    simulate.cut_into_nights(tmp_path, whole, N_NIGHTS, RATES)
    for path in (tmp_path / "nights").rglob("*.csv"):
        other = simulated / path.relative_to(tmp_path)
        assert path.read_bytes() == other.read_bytes()
        parquet = pd.read_parquet(other.with_suffix(".parquet")).astype("string").fillna("")
        assert (parquet.to_numpy() == read(path).to_numpy()).all()


def test_one_night_is_refused(tmp_path):
    whole = simulate.run(tmp_path, 10, seed=1, workers=1)
    with pytest.raises(InputRefused, match="at least 2"):
        simulate.cut_into_nights(tmp_path, whole, 1)


def test_the_command_writes_them(tmp_path):
    arguments = ["simulate", str(tmp_path), "--children", "20", "--nights", "3", "--format", "csv", "--quiet"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "nights").iterdir()) == ["01", "02", "03"]
