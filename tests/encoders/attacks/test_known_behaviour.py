"""The published behaviour of the attacks, on small samples: what is known to fall falls, what held holds.

A suite of attacks that cannot break the breakable proves nothing about the rest. The figures at full size are those
of ``benchmarks/privacy_frontier.py``.
"""

import numpy as np
import pytest

from encoders.attacks import graph_matching_attack, known_pairs_attack

PERSON = ["forename", "surname", {"field": "birth_date", "tokens": "digits"}]
PLAIN = {"bits": 1024, "fill": 0.3}
FOLDED = {"bits": 1024, "fill": 0.3, "hardening": [{"kind": "fold"}]}
RULE90 = {"bits": 1024, "fill": 0.3, "hardening": [{"kind": "rule90"}]}
WEAK = {"bits": 1024, "fill": 0.19, "hardening": [{"kind": "diffuse", "inputs": 3}]}
THIN = {"bits": 2048, "fill": 0.10, "hardening": [{"kind": "diffuse", "inputs": 10}]}
STRONG = {"bits": 2048, "fill": 0.19, "hardening": [{"kind": "diffuse", "inputs": 10}]}


def matched(target, n_seeds, n=600):
    return graph_matching_attack(
        target.code_scores(),
        target.people_scores(),
        np.arange(n),
        n_seeds=n_seeds,
        rng=np.random.default_rng(n_seeds),
        target="tested",
    )


def learned(target, n_known, n):
    rows = np.random.default_rng(5).permutation(n)
    return known_pairs_attack(
        target.bits,
        target.tokens,
        np.arange(n),
        known=rows[:n_known],
        targets=rows[n_known:],
        target="tested",
    )


@pytest.mark.parametrize("rule", [PLAIN, FOLDED, RULE90], ids=["plain", "folded", "rule 90"])
def test_undiffused_filters_fall_to_graph_matching_with_few_seeds(encode, rule):
    assert matched(encode(600, PERSON, **rule), 20).rate > 0.85


def test_plain_filters_fall_to_graph_matching_without_any_seed(encode):
    assert matched(encode(600, PERSON, **PLAIN), 0).rate > 0.9


def test_weak_diffusion_falls_to_graph_matching_with_seeds(encode):
    assert matched(encode(600, PERSON, **WEAK), 100).rate > 0.8


def test_strong_diffusion_of_a_thin_filter_falls_and_of_a_full_one_holds(encode):
    assert matched(encode(600, PERSON, **THIN), 100).rate > 0.5
    assert matched(encode(600, PERSON, **STRONG), 100).rate < 0.05


def test_plain_filters_fall_to_known_pairs_and_strong_diffusion_holds(encode):
    assert learned(encode(1200, PERSON, **PLAIN), 200, 1200).rate > 0.9
    assert learned(encode(1200, PERSON, **WEAK), 400, 1200).rate > 0.6
    assert learned(encode(1200, PERSON, **STRONG), 400, 1200).rate < 0.03


def test_thin_filters_fall_to_known_pairs(encode):
    assert learned(encode(1200, PERSON, **THIN), 800, 1200).rate > 0.3
