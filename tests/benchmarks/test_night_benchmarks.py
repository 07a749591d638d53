"""The benchmarks of nights, feeds, look-ups and operation sequences run, tiny, so that they cannot rot."""

from quick_benchmarks import figures_of


def test_look_ups_are_timed_and_each_is_logged():
    figures = figures_of("lookups.py")
    assert figures["answers that are not in the log"]["value"] == 0
    assert figures["2 processes, while a night loads: look-ups"]["value"] > 0
    assert figures["2 processes, while a night loads: p99"]["value"] > 0


def test_sequences_are_counted():
    figures = figures_of("sequences.py", "--sequences", "1")
    assert figures["sequences without a fault"]["value"] == 1
    assert figures["operations in them"]["value"] >= 2


def test_a_feed_is_encoded_at_two_sizes():
    figures = figures_of("encode.py")
    rows = [figure["value"] for name, figure in figures.items() if name.startswith("encode command")]
    assert len(rows) == 2
    assert min(rows) > 0


def test_simulating_is_timed_at_two_sizes():
    figures = figures_of("simulate.py")
    assert figures["children a second, 500"]["value"] > 0
    assert figures["memory, growth"]["value"] > 0


def test_a_night_compares_less_than_everything():
    figures = figures_of("nightly.py")
    compared = figures["500 children: pairs compared"]["value"] * 1e6
    assert 0 < compared < 1_176 * 1_175 / 2


def test_killed_nights_end_as_others_do():
    figures = figures_of("kill_nights.py")
    # Of four kills or more: the last night may be killed again in the night that was to finish it.
    (ended,) = (
        value for name, value in figures.items() if name.startswith("nights that ended otherwise, of ")
    )
    assert ended["value"] == 0
    assert figures["states that readers should not see"]["value"] == 0
