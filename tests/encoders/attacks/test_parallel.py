"""Attacks side by side give what they give one after another."""

import threading

import pytest

from encoders.attacks.outcome import AttackResult
from encoders.attacks.parallel import in_parallel


def result(number):
    return AttackResult("tested", str(number), "", 1, 0, 0.0, 0.0)


def test_results_come_in_the_order_of_the_steps_whoever_is_done_first():
    second_done = threading.Event()

    def slow():
        assert second_done.wait(30)
        return [result(0)]

    def fast():
        second_done.set()
        return [result(1), result(2)]

    assert [each.target for each in in_parallel([slow, fast], 2)] == ["0", "1", "2"]


def test_no_more_steps_are_built_than_are_at_work():
    built = []

    def steps():
        for number in range(20):
            built.append(number)
            yield lambda number=number: [result(number)]

    results = in_parallel(steps(), 2)
    next(results)
    assert len(built) <= 3
    assert len(list(results)) == 19


def test_an_attack_that_fails_fails_the_run():
    def broken():
        raise MemoryError

    with pytest.raises(MemoryError):
        list(in_parallel([broken], 1))
