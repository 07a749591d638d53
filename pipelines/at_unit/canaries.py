"""At the unit: do all sources encode alike? Their canaries say so, before a record is matched.

The canaries of a project key are the same at every source, so their codes have to be. What the first package of an
epoch brought is noted in the index as one digest for each column; every later package is held against it. A source
with another normaliser, library or machine whose codes would never meet the others' is refused by name, with the
columns that differ.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused, PackageRefused
from linkage.exchange.manifest import Manifest
from linkage.exchange.package_reader import drop_canaries
from linkage.exchange.records import EncodedRecords, RecordFlag
from linkage.exchange.schema import RecordSchema

__all__ = ["CanaryCheck"]

FILE = "canaries.json"


class CanaryCheck:
    """Takes the canaries out of a package and holds them against those of the packages before.

    Parameters
    ----------
    index
        Folder of the index, where the digests are noted.
    manifest, schema
        Of the package.
    """

    def __init__(self, index: Path, manifest: Manifest, schema: RecordSchema) -> None:
        self._path = index / FILE
        self._manifest = manifest
        self._schema = schema
        self._held: list[EncodedRecords] = []
        self.n_canaries = 0

    def without(self, batches: Iterator[EncodedRecords]) -> Iterator[EncodedRecords]:
        """The records that are to be matched; behind the last one, the canaries are checked.

        Raises
        ------
        PackageRefused
            If the source encodes otherwise than the ones before it.
        """
        for records in batches:
            canary = (records.flags & RecordFlag.CANARY) != 0
            if canary.any():
                self._held.append(records.take(canary))
            yield drop_canaries(records)
        self._check()

    def keep(self) -> None:
        """Note the digests, if this is the first package of its epoch with canaries. Call it when it was staged."""
        noted = self._noted()
        if self._held and self._epoch not in noted:
            told = {
                "source": self._manifest.source,
                "software": self._manifest.software,
                "columns": self._digests(),
            }
            partial = self._path.with_name(f".{FILE}.partial")
            partial.write_text(
                json.dumps(noted | {self._epoch: told}, indent=1, sort_keys=True), encoding="utf-8"
            )
            partial.replace(self._path)

    @property
    def _epoch(self) -> str:
        return f"{self._manifest.key_epoch}:{self._manifest.key_check}"

    def _check(self) -> None:
        self.n_canaries = sum(len(records) for records in self._held)
        before = self._noted().get(self._epoch)
        if not self._held or before is None:
            return
        own, theirs = self._digests(), before["columns"]
        differing = sorted(name for name in own.keys() | theirs.keys() if own.get(name) != theirs.get(name))
        if not differing:
            return
        mine = self._manifest
        raise PackageRefused(
            f"canaries: source '{mine.source}' (childindex {mine.software}) encodes otherwise than source"
            f" '{before['source']}' (childindex {before['software']}) did, in {', '.join(differing)}. They have the"
            " same key and specification, so their software differs: install the same release with its locked"
            f" dependencies at both and encode again. If '{before['source']}' is at fault, remove {self._path} and load"
            " its new package first"
        )

    def _noted(self) -> dict[str, Any]:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            noted = None
        if not isinstance(noted, dict):
            raise IndexRefused(
                f"{self._path}: the digests of the canaries are damaged; remove the file, the next package writes it"
            )
        return noted

    def _digests(self) -> dict[str, str]:
        """A digest for each column, the canaries in the order of their ids, and one for the ids."""
        canaries = EncodedRecords.concatenate(self._held)
        digests = {
            column.label: sha256(
                canaries.words[:, column.offset : column.stop].astype("<u8").tobytes()
            ).hexdigest()
            for column in self._schema.columns
        }
        return digests | {"record ids": sha256(canaries.record_ids.tobytes()).hexdigest()}
