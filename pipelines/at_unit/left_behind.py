"""The list of decisions that a new index would lose, and a person's word that some of them may be left behind.

A CSV file with the columns ``decision, source, record_id, live``: written when they stop the making of an index, and
given back, as it is or shortened, by whoever answers for it.
"""

import csv
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from linkage.exchange.errors import IndexRefused
from linkage.exchange.plurals import counted
from linkage.index import Decided

__all__ = ["list_path", "read_list", "refuse_the_rest"]

HEAD = ["decision", "source", "record_id", "live"]


def list_path(index: Path) -> Path:
    """Where the list of an index lies: beside it."""
    return index.with_name(f"{index.name}.untranslated.csv")


def read_list(path: Path) -> set[tuple[str, str, str]]:
    """The decisions of a list.

    Raises
    ------
    IndexRefused
        If it is not such a list.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error):
        head, rows = [], []
    if head != HEAD or any(len(row) != len(HEAD) for row in rows):
        raise IndexRefused(
            f"{path}: expected a list with the columns {', '.join(HEAD)}, as `childindex init --after` writes it"
        )
    return {(kind, source, record_id) for kind, source, record_id, _ in rows}


def refuse_the_rest(
    untranslated: Sequence[Decided], accepted: set[tuple[str, str, str]], listed: Path
) -> list[Decided]:
    """Those that are to be left behind; any other stops here, and all of them are listed.

    Raises
    ------
    IndexRefused
        If a decision would be lost that nobody gave up.
    """
    rest = [decided for decided in untranslated if decided.key not in accepted]
    if not rest:
        return list(untranslated)
    _write(listed, untranslated)
    kinds = Counter((decided.kind, decided.source or "any source") for decided in rest)
    n_live = sum(decided.is_live for decided in rest)
    told = ", ".join(f"{n} {kind} of {source}" for (kind, source), n in sorted(kinds.items()))
    raise IndexRefused(
        f"{counted(len(rest), 'decision is about a record', 'decisions are about records')} without a"
        f" translation ({told}; {n_live} are in the old index now),"
        f" and without them a child could be seen whom they protect. They are listed in {listed}. Ask the sources for"
        " translations made with all their maps of record ids; what nobody can translate is left behind with --without"
        " LIST --reason ..."
    )


def _write(path: Path, untranslated: Sequence[Decided]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows([*decided.key, "yes" if decided.is_live else "no"] for decided in untranslated)
    partial.replace(path)
