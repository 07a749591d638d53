"""Records that were erased and may not come back: a list of keyed fingerprints.

A source that goes on sending a record that the unit has erased would bring it back with its next snapshot. So the unit
keeps, for each erased record, the first 16 bytes of HMAC-SHA-256 (RFC 2104) over its source and its id, under a key
that is derived from the unit's pseudonym key and never lies in the index: whoever has the folder alone cannot tell of
any record whether it was erased. Two records share a fingerprint with probability 2**-128.

The first entry is the fingerprint of nothing: it tells whether the list was made under the key at hand, since under
another one nothing would be recognised. A record whose id changes (a new project key) is not recognised either,
unless its source tells what the id became (`succession`).
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.labels import label
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import halves_of
from linkage.index.storage.runs import now

__all__ = ["KeepOut", "keep_out", "kept_out", "n_kept_out", "readmit"]

N_BYTES = 16
KEY_BYTES = 32
_USE = "kept out of an index"
_NOTHING = ("", bytes(N_BYTES))


class KeepOut:
    """The fingerprints of one unit.

    Parameters
    ----------
    key
        32 bytes, derived for this use alone (`PseudonymKey.derive`).
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of the list of erased records has {KEY_BYTES} bytes, got {len(key)}")
        self._key = key

    def __repr__(self) -> str:
        return "KeepOut(<key>)"

    def fingerprints(self, source: str, record_ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Of records of one source, uint8, shape (n, 16), by their ids, uint8, shape (n, 16)."""
        keyed = hmac.new(self._key, label(_USE, source), sha256)
        raw = np.ascontiguousarray(record_ids).tobytes()
        made = bytearray()
        for start in range(0, len(raw), N_BYTES):
            one = keyed.copy()
            one.update(raw[start : start + N_BYTES])
            made += one.digest()[:N_BYTES]
        return np.frombuffer(bytes(made), dtype=np.uint8).reshape(-1, N_BYTES)

    def of(self, records: Sequence[tuple[str, bytes]]) -> npt.NDArray[np.uint8]:
        """Of records by source and id, uint8, shape (n, 16)."""
        made = [self.fingerprints(source, _as_array(record_id)) for source, record_id in records]
        return np.concatenate([np.empty((0, N_BYTES), dtype=np.uint8), *made])

    def of_nothing(self) -> bytes:
        """The first entry of every list, which tells under which key it was made."""
        return self.of([_NOTHING]).tobytes()


def n_kept_out(engine: Engine) -> int:
    """How many records are kept out."""
    return max(0, int(engine.value("SELECT count(*) FROM kept_out")) - 1)


def keep_out(engine: Engine, keys: KeepOut, records: Sequence[tuple[str, bytes]]) -> None:
    """Put records on the list; call it inside a transaction.

    Raises
    ------
    IndexRefused
        If the list was made under another key.
    """
    require_key(engine, keys)
    with engine.table("erased", _table(keys.of([_NOTHING, *records]))):
        engine.execute(
            """INSERT INTO kept_out SELECT DISTINCT high, low, ? FROM erased
            ANTI JOIN kept_out ON fingerprint_high = high AND fingerprint_low = low""",
            [now()],
        )


def kept_out(
    engine: Engine, keys: KeepOut | None, source: str, record_ids: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Which records of a source are on the list: bool, shape (n,).

    Raises
    ------
    IndexRefused
        If there is a list, and no key or another one.
    """
    found = np.zeros(len(record_ids), dtype=np.bool_)
    if not len(record_ids) or not n_kept_out(engine):
        return found
    if keys is None:
        raise IndexRefused(
            "this index keeps erased records out, and the unit's pseudonym key is needed to recognise them"
        )
    require_key(engine, keys)
    arrived = _table(keys.fingerprints(source, record_ids))
    arrived = arrived.append_column("place", pa.array(np.arange(len(record_ids))))
    with engine.table("arriving", arrived):
        table = engine.arrow(
            "SELECT place FROM arriving JOIN kept_out ON fingerprint_high = high AND fingerprint_low = low"
        )
    found[table["place"].to_numpy()] = True
    return found


def readmit(engine: Engine, keys: KeepOut, source: str, record_id: bytes) -> None:
    """Take a record off the list: the source may send it again.

    Raises
    ------
    IndexRefused
        If it is not on the list, or the list was made under another key.
    """
    require_key(engine, keys)
    high, low = (half.tolist() for half in halves_of(keys.fingerprints(source, _as_array(record_id))))
    with engine.transaction():
        n_removed = engine.execute(
            "DELETE FROM kept_out WHERE fingerprint_high = ? AND fingerprint_low = ?", [high[0], low[0]]
        )
        # A list without records is no list: it may begin anew under another key.
        engine.execute("DELETE FROM kept_out WHERE (SELECT count(*) FROM kept_out) = 1")
    if not n_removed:
        raise IndexRefused("this record is not kept out of the index; nothing was changed")


def require_key(engine: Engine, keys: KeepOut) -> None:
    """See that the list, if there is one, was made under this key.

    Raises
    ------
    IndexRefused
        If it was not.
    """
    high, low = (half.tolist() for half in halves_of(keys.of([_NOTHING])))
    known, n_own = engine.rows(
        "SELECT count(*), count(*) FILTER (WHERE fingerprint_high = ? AND fingerprint_low = ?) FROM kept_out",
        [high[0], low[0]],
    )[0]
    if known and not n_own:
        raise IndexRefused(
            "the list of erased records was made under another pseudonym key, so none of them would be recognised:"
            " restore the unit's pseudonym.key from its backup"
        )


def _as_array(record_id: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(record_id, dtype=np.uint8).reshape(1, N_BYTES)


def _table(fingerprints: npt.NDArray[np.uint8]) -> pa.Table:
    high, low = halves_of(fingerprints)
    return pa.table({"high": high, "low": low})
