"""Hardening: the operator against its index sets, and what each step promises."""

import hashlib

import numpy as np
import oracle_bloom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.filters.hardening import FilterHardening, XorOperator
from linkage.exchange.specification.encoding import (
    Balance,
    Blip,
    Diffuse,
    FilterField,
    FilterRule,
    Fold,
    Resample,
    Rule90,
)


def step_key(label):
    return hashlib.sha256(label.encode()).digest()


def harden(filters, *steps, ids=None):
    bits = filters.shape[1] * 64
    rule = FilterRule(name="f", fields=[FilterField(field="forename")], bits=bits, hardening=list(steps))
    ids = np.arange(16 * len(filters), dtype=np.uint8).reshape(-1, 16) if ids is None else ids
    return FilterHardening(rule, step_key).apply(filters, ids)


def random_filters(n, n_words, seed=1):
    return np.random.default_rng(seed).integers(1, 2**63, size=(n, n_words), dtype=np.uint64)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_words=st.integers(1, 5),
    n_out=st.sampled_from([1, 2, 3, 8, 9]),
    size=st.integers(1, 7),
)
def test_the_operator_is_the_xor_of_its_index_sets(seed, n_words, n_out, size):
    draw = np.random.default_rng(seed)
    sets = draw.integers(0, 64 * n_words, size=(64 * n_out, size))
    sets = np.array([np.pad(np.unique(row), (0, size - len(np.unique(row))), mode="edge") for row in sets])
    filters = draw.integers(0, 2**63, size=(3, n_words), dtype=np.uint64)
    filters[0] = 0
    out = XorOperator.from_index_sets(sets, n_input_bits=64 * n_words).apply(filters)
    for row, result in zip(filters, out, strict=True):
        bits = oracle_bloom.bits_of(row)
        expected = {j for j, inputs in enumerate(sets) if sum(i in bits for i in inputs.tolist()) % 2}
        assert oracle_bloom.bits_of(result) == expected


def test_a_fold_is_the_xor_of_the_halves():
    filters = random_filters(4, 6)
    assert np.array_equal(harden(filters, Fold(kind="fold")), filters[:, :3] ^ filters[:, 3:])


def test_rule_90_is_the_xor_of_the_neighbours_on_the_ring():
    filters = random_filters(1, 2)
    bits = oracle_bloom.bits_of(filters[0])
    expected = {i for i in range(128) if ((i - 1) % 128 in bits) != ((i + 1) % 128 in bits)}
    assert oracle_bloom.bits_of(harden(filters, Rule90(kind="rule90"))[0]) == expected


def test_balancing_gives_every_record_the_same_weight():
    out = harden(random_filters(5, 4), Balance(kind="balance"))
    assert out.shape == (5, 8)
    assert set(np.bitwise_count(out).sum(axis=1)) == {256}


def test_diffusion_maps_unrelated_filters_to_half_and_keeps_equal_ones_equal():
    filters = random_filters(2, 16)
    out = harden(np.vstack([filters, filters[:1]]), Diffuse(kind="diffuse", inputs=10, bits=2048))
    assert out.shape == (3, 32)
    assert np.bitwise_count(out[0] ^ out[1]).sum() / 2048 == pytest.approx(0.5, abs=0.06)
    assert np.array_equal(out[0], out[2])


def test_diffusion_follows_the_formula_for_near_filters():
    n_bits, inputs, share = 4096, 4, 0.05
    first = random_filters(40, n_bits // 64)
    flips = np.random.default_rng(5).random((40, n_bits)) < share
    second = first ^ np.packbits(flips, axis=1, bitorder="little").view(np.uint64)
    step = Diffuse(kind="diffuse", inputs=inputs)
    differing = np.bitwise_count(harden(first, step) ^ harden(second, step)).sum() / (40 * n_bits)
    assert differing == pytest.approx((1 - (1 - 2 * share) ** inputs) / 2, abs=0.01)


@pytest.mark.parametrize(
    "step",
    [Diffuse(kind="diffuse", inputs=8), Fold(kind="fold"), Resample(kind="resample", bits=128),
     Rule90(kind="rule90"), Balance(kind="balance"), Blip(kind="blip", flip=0.2)],
)  # fmt: skip
def test_a_missing_filter_stays_missing(step):
    filters = random_filters(3, 4)
    filters[1] = 0
    assert harden(filters, step).any(axis=1).tolist() == [True, False, True]


def test_keyed_steps_depend_on_the_key_of_their_filter():
    filters = random_filters(1, 4)
    steps = [Diffuse(kind="diffuse", inputs=8)]
    one, two = (
        FilterHardening(
            FilterRule(name=name, fields=[FilterField(field="a")], bits=256, hardening=steps), step_key
        ).apply(filters, np.zeros((1, 16), dtype=np.uint8))
        for name in ("one", "two")
    )
    assert not np.array_equal(one, two)


def test_noise_is_the_records_own():
    # Two published code bases reuse one seed: then the XOR of two hardened records is the XOR of the originals.
    filters = random_filters(2, 64)
    out = harden(filters, Blip(kind="blip", flip=0.2))
    noise = out ^ filters
    assert np.bitwise_count(noise).sum() / (2 * 4096) == pytest.approx(0.2, abs=0.03)
    apart = np.bitwise_count(noise[0] ^ noise[1]).sum() / 4096
    assert apart == pytest.approx(2 * 0.2 * 0.8, abs=0.04)


def test_noise_of_a_record_is_the_same_each_night():
    filters = random_filters(2, 4)
    step = Blip(kind="blip", flip=0.1)
    assert np.array_equal(harden(filters, step), harden(filters, step))


def test_steps_follow_one_another():
    filters = random_filters(2, 8)
    fold, diffuse = Fold(kind="fold"), Diffuse(kind="diffuse", inputs=8, bits=192)
    assert harden(filters, fold, diffuse).shape == (2, 3)
