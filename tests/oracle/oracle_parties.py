"""A unit, a source it trusts and a stranger, and packages sealed between them, for tests of the exchange."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from encoders.keys.source_keys import SourceKeys
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.expectation import Expectation
from linkage.exchange.manifest import Manifest, ManifestDraft, rounded_hour
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.public_keys import PublicKeys
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey
from linkage.exchange.unit_keys import UnitKeys

# 18 + 8 * 6 = 66 bytes a row.
SCHEMA = RecordSchema.of(
    [(ColumnKind.FILTER, "names", 4), (ColumnKind.TOKEN, "nhs", 1), (ColumnKind.BLOCK, "birth", 1)]
)
ROW_BYTES = 66
NOW = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
DRAFT = ManifestDraft(
    project="children",
    source="school",
    sequence=1,
    kind="snapshot",
    previous=None,
    created=rounded_hour(NOW),
    expires=None,
    purpose="child index",
    specification="5" * 64,
    normaliser="1",
    software="0.1.0",
    key_epoch=1,
    key_check="c" * 32,
)


@dataclass(frozen=True)
class Parties:
    """A unit and two sources, the second of which is not trusted."""

    unit: UnitKeys
    school: SourceKeys
    stranger: SourceKeys

    @property
    def trusted(self) -> dict[str, PublicKeys]:
        return {"school": self.school.public}

    @property
    def expected(self) -> Expectation:
        return Expectation(project="children", specification="5" * 64, schema=SCHEMA, now=NOW)


@cache
def parties() -> Parties:
    school, stranger = (
        SourceKeys(name, SigningKey.generate(), EnvelopeKey.generate()) for name in ("school", "stranger")
    )
    return Parties(UnitKeys(EnvelopeKey.generate(), SigningKey.generate()), school, stranger)


def records_of(n: int, *, seed: int = 0, deletes: int = 0) -> EncodedRecords:
    """Random records with ascending ids; the first ones are deletes."""
    draw = np.random.default_rng(seed)
    ids = draw.integers(0, 256, (n, 16), dtype=np.uint8)
    ids[:, :8] = np.arange(1, n + 1, dtype=">u8").view(np.uint8).reshape(n, 8)
    operations = np.zeros(n, dtype=np.uint8)
    operations[:deletes] = 1
    words = draw.integers(0, 2**63, (n, SCHEMA.n_words), dtype=np.uint64)
    words[:deletes] = 0
    return EncodedRecords(ids, operations, draw.integers(0, 4, n, dtype=np.uint8), words)


def seal(
    path: Path,
    records: EncodedRecords,
    *,
    signer: SourceKeys | None = None,
    unit: UnitKeys | None = None,
    sender_copy: bool = True,
    **members: Any,
) -> Manifest:
    """Seal records into a new file, with other members of the manifest than the usual ones."""
    keys = signer or parties().school
    writer = PackageWriter(
        path,
        signer=keys,
        recipient=(unit or parties().unit).public.envelope_key,
        draft=replace(DRAFT, **({"source": keys.name} | members)),
        schema=SCHEMA,
        sender_copy=sender_copy,
    )
    with writer:
        writer.write(records)
        return writer.close()
