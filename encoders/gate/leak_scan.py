"""Looks for any value of the feed in a package, however it is dressed up.

Every byte of the opened package is looked at: as it lies there, row after row and column after column, and with every
layer undone that ``gate.hidden_bytes`` knows, layer within layer. Values shorter than chance allows are not looked
for in random bytes: among 300 million of them every name of five letters occurs by itself. How short that is follows
from the number of bytes and of values, so that a clean package raises no alarm, and is part of the report. (Short
values that fill a word are found at any size, and so are all inside text, base64, hex or compression.)

Eight bytes, of a digest say, prove something by themselves as long as chance does not write them anywhere among all
bytes. In a package of millions of records it does, so there a longer part of the value has to stand in a place, or
more places have to hold eight bytes than chance explains.

A short value or number filled up with zeros is met by chance where one column ends and another begins: the last bytes
of a code, then a bucket's zeros. So it is believed only where it lies within one column.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import pdtrc

from encoders.gate.byte_windows import LONGEST_WINDOW, Bytes, Keys, Places, WindowSet
from encoders.gate.hidden_bytes import EVERY_OTHER_BYTE, Hidden, hidden_in
from encoders.gate.needles import LEAST_TEXT, FormKind, NeedleWindows, forms_of

__all__ = ["Leak", "LeakScan", "NamedValues", "Room"]

FALSE_ALARMS = 1e-5
"""How often each kind of match may be met by chance in a clean package."""
DEEPEST = 3
LEAST_PADDED = 4
CONTEXT_BYTES = 256
MOST_PLACES = 2_000
NamedValues = Iterable[tuple[str, pa.StringArray]]
"""Pairs of a column's name and its values."""
Room = Callable[[Places], Places]
"""How many bytes there are from positions to the ends of their columns: int64 to int64, both of shape (n,)."""


@dataclass(frozen=True)
class Leak:
    """A value of the feed that was found in a package. The value itself is never told.

    Attributes
    ----------
    column
        The feed's column or field that the value stands in.
    form
        How the value was written, such as ``"sha256 of the value lower case"``.
    place
        Where, such as ``"filter.names_birth of row 17"``, with the layers around it.
    """

    column: str
    form: str
    place: str


@dataclass(frozen=True, repr=False)
class _Suspect:
    """A place that looks like a leak, and among how many bytes of its layer it was met."""

    place: str
    context: bytes
    n_bytes: float


@dataclass(frozen=True, repr=False)
class _Match:
    """A suspect that was compared with the whole value, and how many such matches chance makes."""

    leak: Leak
    by_chance: float


@dataclass(frozen=True, repr=False)
class _Part:
    """Bytes to look at, and where they come from."""

    data: Bytes
    origin: Callable[[int], str]
    room: Room | None = None
    start: int = 0
    stride: int = 1
    layers: tuple[str, ...] = ()

    def outermost(self, at: int) -> int:
        """The position in the outermost bytes; of decoded bytes, where their layer begins."""
        return self.start + at * self.stride

    def within_columns(self, at: Places) -> npt.NDArray[np.bool_]:
        """Whether eight bytes from each position on come from one column; undone layers have no columns."""
        if self.room is None or self.stride == 0:
            return np.ones(len(at), dtype=np.bool_)
        span = (LONGEST_WINDOW - 1) * self.stride + 1
        return np.asarray(self.room(self.start + at * self.stride) >= span)

    def place(self, at: int) -> str:
        """Where a position lies, with the layers around it."""
        return self.origin(self.outermost(at)) + "".join(f", inside {layer}" for layer in self.layers)

    def inner(self, hidden: Hidden) -> "_Part":
        """What a layer of this part hid."""
        stride = 2 * self.stride if hidden.layer == EVERY_OTHER_BYTE else 0
        layers = (hidden.layer, *self.layers)
        return _Part(hidden.data, self.origin, self.room, self.outermost(hidden.place), stride, layers)


class LeakScan:
    """Looks for a feed's values in bytes.

    Give it all values with `add`, then all bytes with `scan`, then ask for `leaks`. No value is kept meanwhile.

    Parameters
    ----------
    expected_bytes
        How many bytes will be scanned in all.
    least_padded
        See ``gate.needles.forms_of``.

    Attributes
    ----------
    bytes_scanned
        Without those of layers.
    unproved
        After `leaks`: places that hold eight bytes of a form, no more of them than chance explains.
    """

    def __init__(self, *, expected_bytes: int, least_padded: int = LEAST_PADDED) -> None:
        self._least_padded = least_padded
        self._needles = NeedleWindows(least_padded=least_padded)
        self._expected_bytes = max(expected_bytes, 1)
        self._exact: WindowSet | None = None
        self._filled: Keys = np.zeros(0, np.uint64)
        self._texts: dict[int, WindowSet] = {}
        self._n_texts: dict[int, int] = {}
        self._suspects: list[_Suspect] = []
        self._preparing = Lock()
        self._n_exact = 0
        self.bytes_scanned = 0
        self.unproved = 0

    def add(self, values: pa.StringArray) -> None:
        """Look for these values too.

        Raises
        ------
        RuntimeError
            If bytes were scanned already, which would have missed them.
        """
        if self._exact is not None:
            raise RuntimeError("values come before bytes: begin a new scan")
        self._needles.add(values)

    @property
    def least_text(self) -> int:
        """Bytes that a value must have to be looked for among the rows as they lie."""
        return self._least_text(self._expected_bytes)

    def scan(self, data: Bytes, place: Callable[[int], str], room: Room | None = None) -> None:
        """Scan bytes; several threads may scan at once.

        Parameters
        ----------
        data
            uint8, one-dimensional.
        place
            Says what lies at a position, for the report.
        room
            How far the columns reach; None where there are none.
        """
        with self._preparing:
            if self._exact is None:
                exact = self._needles.exact()
                self._n_exact = len(exact)
                self._exact = WindowSet.of(exact, LONGEST_WINDOW)
                self._filled = self._needles.filled()
                self._n_texts = self._text_counts()
            self.bytes_scanned += len(data)
        self._level([_Part(data, place, room)], self._expected_bytes / max(len(data), 1), depth=0)

    def leaks(self, values: Callable[[], NamedValues]) -> list[Leak]:
        """What was found and cannot be chance, each place once.

        Parameters
        ----------
        values
            Gives all values again, with the names of their columns; called only if something looks like a leak.
        """
        matches = list(self._confirmed(values())) if self._suspects else []
        weak = [match for match in matches if match.by_chance > FALSE_ALARMS]
        places = len({match.leak.place for match in weak})
        if places >= _more_than_chance(max((match.by_chance for match in weak), default=0.0)):
            weak, places = [], 0
        self.unproved = places
        # Matches are compared by identity: one place may hold a weak match of one value and a proof of another.
        unproved = {id(match) for match in weak}
        return list(dict.fromkeys(match.leak for match in matches if id(match) not in unproved))

    def _level(self, parts: list[_Part], scale: float, *, depth: int) -> None:
        """Look at parts of one layer, then at what they hide; `scale` is how many such batches there will be."""
        n_bytes = scale * sum(len(part.data) for part in parts)
        least = self._least_text(n_bytes)
        inner: dict[str, list[_Part]] = {}
        for part in parts:
            self._look(part, least, n_bytes)
            if depth == DEEPEST:
                continue
            for hidden in hidden_in(part.data, halves=EVERY_OTHER_BYTE not in part.layers):
                inner.setdefault(hidden.layer, []).append(part.inner(hidden))
        for layered in inner.values():
            self._level(layered, scale, depth=depth + 1)

    def _look(self, part: _Part, least: int, n_bytes: float) -> None:
        with self._preparing:
            if least not in self._texts:
                lengths = range(least, LONGEST_WINDOW + 1)
                keys = np.concatenate([self._needles.texts(length) for length in lengths])
                self._texts[least] = WindowSet.of(keys, least)
        exact = self._exact.find(part.data) if self._exact else np.zeros(0, np.int64)
        for found in (self._texts[least].find(part.data), self._believed(part, exact)):
            for at in found[: MOST_PLACES - len(self._suspects)].tolist():
                context = part.data[at : at + CONTEXT_BYTES].tobytes()
                self._suspects.append(_Suspect(part.place(at), context, n_bytes))

    def _believed(self, part: _Part, found: Places) -> Places:
        """Places of digests, and of filled forms that lie within one column."""
        if not len(found) or not len(self._filled):
            return found
        windows = part.data[found[:, None] + np.arange(LONGEST_WINDOW)].view("<u8").ravel()
        # By halving, and not by a set: there are millions of forms and hardly a place.
        nearest = np.minimum(np.searchsorted(self._filled, windows), len(self._filled) - 1)
        believed: Places = found[(self._filled[nearest] != windows) | part.within_columns(found)]
        return believed

    def _least_text(self, n_bytes: float) -> int:
        """The shortest text that would hardly ever be met by chance among so many random bytes."""
        least, counts = LONGEST_WINDOW, self._n_texts or self._text_counts()
        for length in range(LONGEST_WINDOW - 1, LEAST_TEXT - 1, -1):
            if n_bytes * counts[length] / 256.0**length > FALSE_ALARMS:
                break
            least = length
        return least

    def _text_counts(self) -> dict[int, int]:
        return {length: len(self._needles.texts(length)) for length in range(LEAST_TEXT, LONGEST_WINDOW + 1)}

    def _confirmed(self, named: NamedValues) -> Iterator[_Match]:
        """Compare the suspicious places with the whole values."""
        hot = {
            length: {suspect.context[:length] for suspect in self._suspects}
            for length in range(LEAST_TEXT, LONGEST_WINDOW + 1)
        }
        for column, values in named:
            distinct = pc.drop_null(pc.unique(values))
            for form in forms_of(distinct, least_padded=self._least_padded):
                for value in form.values.to_pylist():
                    if value is None or len(value) < LEAST_TEXT:
                        continue
                    if value[:LONGEST_WINDOW] not in hot[min(len(value), LONGEST_WINDOW)]:
                        continue
                    # A digest may have been cut; how much of it is there says how good a proof it is.
                    whole = value[:LONGEST_WINDOW] if form.kind != FormKind.TEXT else value
                    for suspect in self._suspects:
                        if suspect.context.startswith(whole):
                            leak = Leak(column, form.name, suspect.place)
                            yield _Match(leak, self._by_chance(form.kind, value, suspect))

    def _by_chance(self, kind: FormKind, value: bytes, suspect: _Suspect) -> float:
        """How many matches as long as this one are expected among random bytes."""
        alike = _bytes_alike(value, suspect.context)
        if kind != FormKind.TEXT:
            return float(suspect.n_bytes * self._n_exact / 256.0**alike)
        # Shorter texts were looked for only where chance does not write them.
        return (
            suspect.n_bytes * self._n_texts[LONGEST_WINDOW] / 256.0**alike if alike >= LONGEST_WINDOW else 0.0
        )


def _bytes_alike(value: bytes, context: bytes) -> int:
    """How many bytes both begin with."""
    shorter = min(len(value), len(context))
    return next((at for at in range(shorter) if value[at] != context[at]), shorter)


def _more_than_chance(expected: float) -> int:
    """The fewest places that chance makes no oftener than `FALSE_ALARMS`, where so many are expected."""
    places = 1
    while pdtrc(places - 1, expected) > FALSE_ALARMS:
        places += 1
    return places
