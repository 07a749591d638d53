"""Changes a sealed package in every way that comes to mind and counts how many changes are accepted: none may be.

    python benchmarks/mutate_packages.py [--quick] [--json] [--mutations N] [--seed S] [--processes P]

Two kinds of attacker. One changes the file on its way: bits, bytes, lengths, whole chunks, parts of another package
of the same source. The other knows the unit's public key, as everybody does, or even the content: it changes the
plaintext (rows, manifest, signature, lengths) and seals it properly; only the source's signature then stands in its
way. A mutation that leaves the bytes as they were is drawn again. Anything but `PackageRefused` is counted as a
crash, and the peak memory of a process over all its mutations is reported.
"""

import argparse
import io
import json
import multiprocessing
import os
import platform
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from encoders.keys.source_keys import SourceKeys
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.framing import CHUNK_BYTES, ChunkOpener, ChunkSealer
from linkage.exchange.manifest import ManifestDraft, rounded_hour
from linkage.exchange.package_header import parse_header, seal_header
from linkage.exchange.package_reader import open_package
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.primitives import KEY_BYTES, TAG_BYTES
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey

FULL, QUICK = 1_000_000, 2_000
SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES
SCHEMA = RecordSchema.of([(ColumnKind.FILTER, "names", 16), (ColumnKind.BLOCK, "birth", 1)])
# Small packages, so that a million fit into minutes: most have one chunk, every sixteenth run works on three chunks.
ROWS_SMALL, ROWS_CHUNKED = 3, 1_000


@dataclass(frozen=True)
class Sealed:
    """A package and what an attacker may know of it."""

    raw: bytes
    other: bytes
    header_bytes: int
    plain: bytes


class Laboratory:
    """Keys of a unit and a source, packages between them, and the unit's judgement."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._source = SourceKeys("school", SigningKey.generate(), EnvelopeKey.generate())
        self._unit = EnvelopeKey.generate()
        self._trusted = {"school": self._source.public}
        self._expected = Expectation(project="children", specification="5" * 64, schema=SCHEMA)

    def seal(self, n_rows: int) -> Sealed:
        """Two packages of one source, and the plaintext of the first."""
        raw, other = self._package(n_rows), self._package(n_rows)
        header = parse_header(io.BytesIO(raw))
        start = len(header.raw)
        chunks = ChunkOpener(
            header.chunk_key(header.open(self._unit)), io.BytesIO(raw), start, len(raw) - start
        )
        plain = b"".join(bytes(chunks.segment(number)[1]) for number in range(chunks.n_segments))
        return Sealed(raw, other, start, plain)

    def seal_plaintext(self, plain: bytes) -> bytes:
        """What anybody can make: a proper envelope for the unit around a plaintext of their own."""
        content_key = secrets.token_bytes(KEY_BYTES)
        header = seal_header(content_key, [self._unit.public, self._source.public.envelope_key])
        out = bytearray(header.raw)
        sealer = ChunkSealer(header.chunk_key(content_key), out.extend)
        sealer.write(plain)
        sealer.finish()
        return bytes(out)

    def accepts(self, raw: bytes) -> bool:
        """Whether the unit opens it."""
        try:
            open_package(io.BytesIO(raw), self._unit, self._trusted, self._expected).close()
        except PackageRefused:
            return False
        return True

    def _package(self, n_rows: int) -> bytes:
        path = self._folder / f"{secrets.token_hex(8)}.cip"
        draft = ManifestDraft(
            project="children",
            source="school",
            sequence=1,
            kind="snapshot",
            previous=None,
            created=rounded_hour(datetime.now(UTC)),
            expires=None,
            purpose="mutation",
            specification="5" * 64,
            normaliser="1",
            software="0",
            key_epoch=1,
            key_check="c" * 32,
        )
        with PackageWriter(
            path, signer=self._source, recipient=self._unit.public, draft=draft, schema=SCHEMA
        ) as writer:
            writer.write(_records(n_rows))
        raw = path.read_bytes()
        path.unlink()
        return raw


def _records(n_rows: int) -> EncodedRecords:
    draw = np.random.default_rng(n_rows)
    ids = np.zeros((n_rows, 16), dtype=np.uint8)
    ids[:, :8] = np.arange(1, n_rows + 1, dtype=">u8").view(np.uint8).reshape(n_rows, 8)
    nothing = np.zeros(n_rows, dtype=np.uint8)
    return EncodedRecords(
        ids, nothing, nothing, draw.integers(0, 2**63, (n_rows, SCHEMA.n_words), dtype=np.uint64)
    )


# ---------------------------------------------------------------- mutations of the file


Draw = np.random.Generator
Mutation = Callable[[Sealed, Draw], bytes]


def _positions(raw: bytes, draw: Draw, n: int) -> list[int]:
    # Half of them in the first and last bytes, where the structure is, half anywhere.
    edge = min(len(raw), 200)
    near = [
        int(draw.integers(edge)) if draw.integers(2) else len(raw) - 1 - int(draw.integers(edge))
        for _ in range(n)
    ]
    return [place if draw.integers(2) else int(draw.integers(len(raw))) for place in near]


def _changed_bytes(raw: bytes, draw: Draw) -> bytes:
    out = bytearray(raw)
    for place in _positions(raw, draw, int(draw.integers(1, 9))):
        out[place] = int(draw.integers(256))
    return bytes(out)


def one_bit(sealed: Sealed, draw: Draw) -> bytes:
    """Flip one bit."""
    out = bytearray(sealed.raw)
    out[_positions(sealed.raw, draw, 1)[0]] ^= 1 << int(draw.integers(8))
    return bytes(out)


def some_bytes(sealed: Sealed, draw: Draw) -> bytes:
    """Set up to eight bytes."""
    return _changed_bytes(sealed.raw, draw)


def cut(sealed: Sealed, draw: Draw) -> bytes:
    """Cut the file short."""
    return sealed.raw[: _positions(sealed.raw, draw, 1)[0]]


def lengthen(sealed: Sealed, draw: Draw) -> bytes:
    """Put bytes behind the end."""
    return sealed.raw + draw.bytes(int(draw.integers(1, 300)))


def splice(sealed: Sealed, draw: Draw) -> bytes:
    """Replace a range by bytes of another length."""
    start = _positions(sealed.raw, draw, 1)[0]
    removed, added = (int(n) for n in draw.integers(0, 64, 2))
    return sealed.raw[:start] + draw.bytes(added) + sealed.raw[start + removed :]


def move_range(sealed: Sealed, draw: Draw) -> bytes:
    """Copy a range of the file to another place of it."""
    source, target = _positions(sealed.raw, draw, 2)
    length = int(draw.integers(1, 64))
    piece = sealed.raw[source : source + length]
    return sealed.raw[:target] + piece + sealed.raw[target + len(piece) :]


def cross(sealed: Sealed, draw: Draw) -> bytes:
    """Continue with another package of the same source."""
    at = sealed.header_bytes if draw.integers(2) else _positions(sealed.raw, draw, 1)[0]
    first, second = (sealed.raw, sealed.other) if draw.integers(2) else (sealed.other, sealed.raw)
    return first[:at] + second[at:]


def rearrange_chunks(sealed: Sealed, draw: Draw) -> bytes:
    """Reorder, repeat and drop chunks."""
    body = sealed.raw[sealed.header_bytes :]
    chunks = [body[at : at + SEALED_CHUNK] for at in range(0, len(body), SEALED_CHUNK)]
    order = draw.integers(0, len(chunks), int(draw.integers(0, len(chunks) + 2)))
    return sealed.raw[: sealed.header_bytes] + b"".join(chunks[number] for number in order)


def header_field(sealed: Sealed, draw: Draw) -> bytes:
    """Set version, commitment, number of recipients, a suite or a fingerprint to something else."""
    start, length = ((8, 2), (10, 32), (42, 1), (43, 2), (45, 32), (1245, 2), (1247, 32))[
        int(draw.integers(7))
    ]
    return sealed.raw[:start] + draw.bytes(length) + sealed.raw[start + length :]


# ---------------------------------------------------------------- mutations of the plaintext


def plain_bytes(sealed: Sealed, draw: Draw) -> bytes:
    """Set up to eight bytes of the plaintext."""
    return _changed_bytes(sealed.plain, draw)


def plain_cut(sealed: Sealed, draw: Draw) -> bytes:
    """Cut plaintext away, at the front, at the end or in between."""
    start = _positions(sealed.plain, draw, 1)[0]
    return sealed.plain[:start] + sealed.plain[start + int(draw.integers(1, 200)) :] or b"x"


def plain_rows(sealed: Sealed, draw: Draw) -> bytes:
    """Add or repeat whole rows under the old manifest."""
    width = 18 + 8 * SCHEMA.n_words
    row = sealed.plain[:width] if draw.integers(2) else draw.bytes(width)
    return row * int(draw.integers(1, 4)) + sealed.plain


def plain_text(sealed: Sealed, draw: Draw) -> bytes:
    """Change a word of the manifest."""
    words = (
        b"children",
        b"school",
        b"snapshot",
        b'"rows":',
        b'"sequence":1',
        b"cccc",
        b"5555",
        b"filter.names",
    )
    word = words[int(draw.integers(len(words)))]
    other = bytes(draw.permutation(np.frombuffer(word, dtype=np.uint8)).tobytes())
    return sealed.plain.replace(word, other, 1)


OF_FILE: tuple[Mutation, ...] = (
    one_bit,
    some_bytes,
    cut,
    lengthen,
    splice,
    move_range,
    cross,
    rearrange_chunks,
    header_field,
)
OF_PLAINTEXT: tuple[Mutation, ...] = (plain_bytes, plain_cut, plain_rows, plain_text)
MUTATIONS = OF_FILE + OF_PLAINTEXT


def _mutant(laboratory: Laboratory, sealed: Sealed, mutation: Mutation, draw: Draw) -> bytes:
    while True:
        mutant = mutation(sealed, draw)
        if mutation in OF_PLAINTEXT:
            if mutant != sealed.plain or mutation is plain_text:
                # An unchanged plaintext in an envelope of one's own has to be refused as well.
                return laboratory.seal_plaintext(mutant)
        elif mutant not in (sealed.raw, sealed.other):
            return mutant


# ---------------------------------------------------------------- runs


def run_part(seed: int, n_mutations: int) -> dict[str, Counter[str]]:
    """Make so many mutations; counts by mutation of what was made, accepted and crashed."""
    draw = np.random.default_rng(seed)
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("made", "accepted", "crashed", "memory")}
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(Path(folder))
        small, chunked = laboratory.seal(ROWS_SMALL), laboratory.seal(ROWS_CHUNKED)
        if not (laboratory.accepts(small.raw) and laboratory.accepts(chunked.raw)):
            raise SystemExit("the unchanged packages are not accepted: the benchmark itself is broken")
        for number in range(n_mutations):
            sealed = chunked if number % 16 == 0 else small
            mutation = MUTATIONS[int(draw.integers(len(MUTATIONS)))]
            mutant = _mutant(laboratory, sealed, mutation, draw)
            counts["made"][mutation.__name__] += 1
            try:
                if laboratory.accepts(mutant):
                    counts["accepted"][mutation.__name__] += 1
            except Exception as error:  # noqa: BLE001 - whatever comes out is what is being counted
                counts["crashed"][f"{mutation.__name__}: {type(error).__name__}"] += 1
    counts["memory"]["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return counts


def run(n_mutations: int, seed: int, processes: int) -> tuple[dict[str, Counter[str]], float]:
    """Share the mutations out to processes; the counts together (the memory is the largest) and the seconds."""
    started = time.perf_counter()
    shares = [n_mutations // processes + (part < n_mutations % processes) for part in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        parts = pool.starmap(run_part, [(seed + part, share) for part, share in enumerate(shares)])
    total = {name: Counter[str]() for name in parts[0]}
    for part in parts:
        for name, counter in part.items():
            total[name] = total[name] | counter if name == "memory" else total[name] + counter
    return total, time.perf_counter() - started


def figures(counts: dict[str, Counter[str]], seconds: float, *, quick: bool) -> list[dict[str, object]]:
    """The figures of a run."""
    made = counts["made"].total()
    rows = [
        ("mutations", made, "packages", None, None),
        ("accepted", counts["accepted"].total(), "packages", "== 0", counts["accepted"].total() == 0),
        ("crashed", counts["crashed"].total(), "packages", "== 0", counts["crashed"].total() == 0),
        ("peak memory", counts["memory"]["MiB"], "MiB", "<= 512", counts["memory"]["MiB"] <= 512),
        ("rate", round(made / seconds), "mutations/s", None, None),
    ]
    names = ("figure", "value", "unit", "target", "met")
    results = [dict[str, object](zip(names, row, strict=True)) | {"runs": 1} for row in rows]
    return [result | {"met": None} for result in results] if quick else results


def main() -> int:
    """Run, print, and fail if a mutation was accepted or crashed the reader."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} mutations instead of {FULL:,}")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--mutations", type=int, help="another number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    n_mutations = options.mutations or (QUICK if options.quick else FULL)
    counts, seconds = run(n_mutations, options.seed, options.processes)
    result = {
        "benchmark": "mutate_packages",
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()}",
        "versions": {"python": platform.python_version(), "cryptography": version("cryptography")},
        "figures": figures(counts, seconds, quick=options.quick),
    }
    if options.json:
        print(json.dumps(result))
    else:
        for figure in figures(counts, seconds, quick=options.quick):
            print(f"{figure['figure']:12} {figure['value']:>12,} {figure['unit']}  {figure['target'] or ''}")
        for name in ("accepted", "crashed"):
            print("".join(f"{name} {what}: {n}\n" for what, n in counts[name].items()), end="")
    return 1 if counts["accepted"] or counts["crashed"] else 0


if __name__ == "__main__":
    sys.exit(main())
