"""The folder that is an index, and the card that says what it is.

::

    INDEX/
      index.json            the card: format, fingerprint of the specification, sources, columns
      specification.toml    a copy of the specification, for people
      lock                  who is writing, while somebody is
      store.duckdb          records, links, children, runs, history: the writer's
      columns/              one file a column of the encoded records, see `columns.py`
      published/            what readers open, see `publication.py`
      log/                  every look-up, see `look_up_log.py`
      reports/              what each run did, one JSON document a run, written by the jobs
      scratch/              DuckDB's spill; empty between runs
      linking/              how far a long linking run got; only while one is under way, or was cut short
      succeeded.json        when an index of the next key was made after this one, if it was

Format 3. A later version reads what an earlier one wrote or names the command that brings it up to date; it never
guesses. The card is plain JSON so that any version can tell a format that it does not know. Formats 1 and 2 are read,
and `migration` brings them up to format 3 when the index is opened for writing; the store and the snapshots carry
numbers of their own.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.errors import IndexRefused
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.suggestions import suggestion
from linkage.index.storage.durable_files import flush_folder, replace_file

__all__ = ["FORMAT", "IndexCard", "IndexFolder", "number_of_source"]

FORMAT = 3
OLDEST = 1
"""Of the formats that this version can bring up to date."""


@dataclass(frozen=True)
class IndexCard:
    """What an index is, fixed when it is made.

    Attributes
    ----------
    fingerprint
        Of the specification under which every record in it was encoded.
    sources
        Names of the sources; their position is the source number.
    schema
        The columns of a record.
    format
        In which the card was written.
    """

    fingerprint: str
    sources: tuple[str, ...]
    schema: RecordSchema
    format: int = FORMAT

    def source_no(self, source: str) -> int:
        """Number of a source.

        Raises
        ------
        IndexRefused
            If the index has no such source.
        """
        return number_of_source(self.sources, source)


def number_of_source(sources: tuple[str, ...], source: str) -> int:
    """The place of a source among those of an index.

    Raises
    ------
    IndexRefused
        If the index has no such source.
    """
    if source not in sources:
        raise IndexRefused(f"the index has no source {source!r}; {suggestion(source, sources)}")
    return sources.index(source)


@dataclass(frozen=True)
class IndexFolder:
    """Where things lie in an index."""

    path: Path

    @property
    def card(self) -> Path:
        """The card, `index.json`."""
        return self.path / "index.json"

    @property
    def specification(self) -> Path:
        """The copy of the specification."""
        return self.path / "specification.toml"

    @property
    def lock(self) -> Path:
        """The writer's lock."""
        return self.path / "lock"

    @property
    def store(self) -> Path:
        """The writer's database."""
        return self.path / "store.duckdb"

    @property
    def columns(self) -> Path:
        """The encoded records, one file a column."""
        return self.path / "columns"

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.path / "published"

    @property
    def log(self) -> Path:
        """The look-up log."""
        return self.path / "log"

    @property
    def reports(self) -> Path:
        """What each run did, one document a run."""
        return self.path / "reports"

    @property
    def scratch(self) -> Path:
        """Room for what does not fit into memory."""
        return self.path / "scratch"

    @property
    def linking(self) -> Path:
        """How far a linking run got."""
        return self.path / "linking"

    @property
    def succeeded(self) -> Path:
        """When a next index was made after this one."""
        return self.path / "succeeded.json"

    def read_card(self) -> IndexCard:
        """Read what the index is.

        Raises
        ------
        IndexRefused
            If the folder is no index, or an index of another format.
        """
        if not self.card.is_file():
            raise IndexRefused(f"{self.path} is not an index; `childindex init` makes one")
        try:
            card = json.loads(self.card.read_text(encoding="utf-8"))
            found = int(card["format"])
        except (ValueError, KeyError, TypeError):
            raise IndexRefused(f"{self.card} is damaged; restore the index from its backup") from None
        if found > FORMAT:
            raise IndexRefused(
                f"{self.path} has format {found}, this version reads {FORMAT}: upgrade childindex"
            )
        if found < OLDEST:
            raise IndexRefused(
                f"{self.path} has format {found}, this version reads {OLDEST} to {FORMAT}: "
                f"make a new index with `childindex init` and load the sources' latest snapshots"
            )
        widths = [(ColumnKind(kind), str(name), int(n_words)) for kind, name, n_words in card["columns"]]
        return IndexCard(card["fingerprint"], tuple(card["sources"]), RecordSchema.of(widths), found)

    def create(self, specification_toml: str) -> None:
        """Make the folder and what never changes in it; `complete` makes it an index.

        Raises
        ------
        IndexRefused
            If there is something already, or no folder to make it in.
        """
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise IndexRefused(f"{self.path} exists already and is not an empty folder: choose another path")
        if not self.path.parent.is_dir():
            # A slip in a path must not begin a second index somewhere else.
            raise IndexRefused(
                f"{self.path}: there is no folder {self.path.parent}; make it, or name another place"
            )
        for folder in (self.path, self.columns, self.published, self.log, self.scratch):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.specification.write_text(specification_toml, encoding="utf-8")

    def complete(self, card: IndexCard) -> None:
        """Write the card in the present format, the last step of the making: without it the folder is no index."""
        content = {
            "format": FORMAT,
            "fingerprint": card.fingerprint,
            "sources": list(card.sources),
            "columns": [[str(c.kind), c.name, c.n_words] for c in card.schema.columns],
        }
        replace_file(self.card, json.dumps(content, indent=2).encode())

    def clear_scratch(self) -> None:
        """Remove what a killed run left in the scratch folder."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(mode=0o700)
        flush_folder(self.path)
