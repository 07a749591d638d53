"""Hardening of filters: one affine operator over bits, and noise.

Diffusion (Armknecht, Heng and Schnell 2023), XOR-folding (Schnell and Borgs 2016), resampling (Schnell and Borgs
2018), Rule 90 and balancing (Schnell and Borgs 2016) are one operation: output bit j is the XOR of the input bits of
an index set, and for balancing of a constant. They differ in the sets and in whether a key chooses them.

A filter of all zeros is missing and stays so.

What this does not protect against: equal filters stay equal, so frequencies survive every step but noise; and
anybody who holds the key can encode guesses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from encoders.filters.positions import positions_of
from encoders.filters.xor_rows import CHUNK_WORDS, xor_rows
from linkage.exchange.specification.encoding import (
    Balance,
    Blip,
    Diffuse,
    FilterRule,
    Fold,
    HardeningStep,
    Resample,
    Rule90,
)

__all__ = ["FilterHardening", "XorOperator"]

Words = npt.NDArray[np.uint64]
StepKey = Callable[[str], bytes]


@dataclass(frozen=True, repr=False)
class XorOperator:
    """An affine map of bits over GF(2).

    Attributes
    ----------
    columns
        uint64, shape (input bits, output words): the output bits that an input bit toggles.
    constant
        uint64, shape (output words,): the output of an all-zero input, were it not kept as missing.
    """

    columns: Words
    constant: Words

    @classmethod
    def from_index_sets(
        cls, sets: npt.NDArray[np.int64], *, n_input_bits: int, ones: Sequence[int] = ()
    ) -> "XorOperator":
        """Build the map whose output bit j is the XOR of the input bits ``sets[j]``, and of one if j is in `ones`.

        Parameters
        ----------
        sets
            int64, shape (output bits, t).
        """
        n_output_bits = len(sets)
        columns = np.zeros((n_input_bits, n_output_bits // 64), dtype=np.uint64)
        for output, inputs in enumerate(sets):
            bit = np.uint64(1 << (output & 63))
            for position in inputs:
                columns[position, output >> 6] ^= bit
        constant = np.zeros(n_output_bits // 64, dtype=np.uint64)
        for output in ones:
            constant[output >> 6] ^= np.uint64(1 << (output & 63))
        return cls(columns, constant)

    def apply(self, filters: Words) -> Words:
        """Map filters of shape (n, input words) to uint64, shape (n, output words); missing filters stay missing."""
        n_out = self.columns.shape[1]
        out = np.zeros((len(filters), len(self._padded_constant)), dtype=np.uint64)
        xor_rows(
            np.ascontiguousarray(filters), self._by_nibble.reshape(-1), self._padded_constant, out.reshape(-1)
        )
        return out[:, :n_out]

    @cached_property
    def _by_nibble(self) -> Words:
        """What four input bits toggle together: uint64, shape (input bits / 4, 16, output words in whole chunks)."""
        columns = _in_chunks(self.columns).reshape(len(self.columns) // 4, 4, -1)
        together = np.zeros((len(columns), 16, columns.shape[2]), dtype=np.uint64)
        for bit in range(4):
            half = 1 << bit
            together[:, half : 2 * half] = together[:, :half] ^ columns[:, bit : bit + 1]
        return together

    @cached_property
    def _padded_constant(self) -> Words:
        return _in_chunks(self.constant[None, :]).reshape(-1)


def _in_chunks(rows: Words) -> Words:
    """The rows with zeros behind, so that their words are a multiple of a chunk."""
    padded = np.zeros((len(rows), -(-rows.shape[1] // CHUNK_WORDS) * CHUNK_WORDS), dtype=np.uint64)
    padded[:, : rows.shape[1]] = rows
    return padded


class FilterHardening:
    """The hardening of one filter, in the order of the specification.

    Parameters
    ----------
    rule
        The filter's section.
    step_key
        Gives the key of a step's label; only keyed steps ask.
    """

    def __init__(self, rule: FilterRule, step_key: StepKey) -> None:
        self._stages: list[XorOperator | _Noise] = []
        n_bits = rule.bits
        for number, step in enumerate(rule.hardening):
            label = f"{rule.name}/{number}/{step.kind}"
            stage = _stage(step, n_bits, label, step_key)
            self._stages.append(stage)
            if isinstance(stage, XorOperator):
                n_bits = stage.columns.shape[1] * 64
        if n_bits != rule.output_bits:
            raise ValueError(
                f"filter {rule.name!r}: hardening gives {n_bits} bits, the schema has {rule.output_bits}"
            )

    def apply(self, filters: Words, record_ids: npt.NDArray[np.uint8]) -> Words:
        """Harden a batch.

        Parameters
        ----------
        filters
            uint64, shape (n, bits / 64).
        record_ids
            uint8, shape (n, 16): noise is drawn per record id.
        """
        for stage in self._stages:
            filters = (
                stage.apply(filters) if isinstance(stage, XorOperator) else stage.apply(filters, record_ids)
            )
        return filters


class _Noise:
    """Bit flips (BLIP, Alaggan, Gambs and Kermarrec 2012; Schnell and Borgs 2016) drawn afresh for every record.

    The noise of a record is a keystream under the project's key and the record's own id: nobody without the key can
    predict it, no two records share it, and encoding the same record again gives the same code.
    """

    def __init__(self, key: bytes, flip: float) -> None:
        self._key = key
        self._limit = round(flip * 65536)

    def apply(self, filters: Words, record_ids: npt.NDArray[np.uint8]) -> Words:
        n_words = filters.shape[1]
        out = filters.copy()
        zeros = bytes(n_words * 128)
        for row in np.flatnonzero(filters.any(axis=1)):
            nonce = record_ids[row].tobytes()
            stream = Cipher(ChaCha20(self._key, nonce), mode=None).encryptor().update(zeros)
            flips = np.frombuffer(stream, dtype="<u2") < self._limit
            out[row] ^= np.packbits(flips, bitorder="little").view("<u8")
        return out


def _stage(step: HardeningStep, n_bits: int, label: str, step_key: StepKey) -> "XorOperator | _Noise":
    places = np.arange(n_bits, dtype=np.int64)
    match step:
        case Diffuse(inputs=inputs, bits=bits):
            sets = _keyed_sets(step_key(label), bits or n_bits, n_bits, inputs)
            return XorOperator.from_index_sets(sets, n_input_bits=n_bits)
        case Resample(bits=bits):
            sets = _keyed_sets(step_key(label), bits or n_bits, n_bits, 2)
            return XorOperator.from_index_sets(sets, n_input_bits=n_bits)
        case Fold():
            half = n_bits // 2
            sets = np.stack([places[:half], places[half:]], axis=1)
            return XorOperator.from_index_sets(sets, n_input_bits=n_bits)
        case Rule90():
            sets = np.stack([(places - 1) % n_bits, (places + 1) % n_bits], axis=1)
            return XorOperator.from_index_sets(sets, n_input_bits=n_bits)
        case Balance():
            order = positions_of(step_key(label), [b"order"], n_bits=2 * n_bits, k=2 * n_bits)[0]
            sets = (order % n_bits)[:, None]
            ones = [int(place) for place in np.flatnonzero(order >= n_bits)]
            return XorOperator.from_index_sets(sets, n_input_bits=n_bits, ones=ones)
        case Blip(flip=flip):
            return _Noise(step_key(label), flip)


def _keyed_sets(key: bytes, n_outputs: int, n_inputs: int, size: int) -> npt.NDArray[np.int64]:
    outputs = [number.to_bytes(4, "big") for number in range(n_outputs)]
    return positions_of(key, outputs, n_bits=n_inputs, k=size)
