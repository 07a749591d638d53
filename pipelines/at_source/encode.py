"""The job at a source: a plaintext feed in, a sealed package out, in bounded memory."""

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import numpy as np

from encoders.batches import BatchEncoder, FeedCounts
from encoders.canaries import canary_records
from encoders.chain import Chain, read_chain, write_chain
from encoders.feeds.feed import open_feed
from encoders.feeds.flags import flag_columns
from encoders.feeds.packed_files import plain_stem
from encoders.keys.project_key import ProjectKey, key_check
from encoders.keys.project_key_files import load_project_key
from encoders.keys.source_keys import SourceKeys, load_source_keys
from encoders.normalise import NORMALISER_VERSION
from encoders.record_encoder import RecordEncoder
from encoders.record_id_maps import map_mark, map_places
from encoders.side_files import SideFiles
from encoders.spill import BucketShuffle
from linkage.exchange.envelopes import EnvelopePublicKey
from linkage.exchange.errors import FeedRefused, InputRefused
from linkage.exchange.manifest import Manifest, ManifestDraft, is_purpose, rounded_hour
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.plurals import counted
from linkage.exchange.records import EncodedRecords
from linkage.exchange.specification import Specification, read_specification
from linkage.exchange.specification.model import SourceRule
from linkage.exchange.unit_keys import load_unit_public
from pipelines.at_source.earlier_package import chain_after
from pipelines.at_source.encode_stream import encoded_batches, seal_shuffled
from pipelines.at_source.package_place import place_of
from pipelines.at_source.sources import source_rule
from pipelines.console import table_text
from pipelines.outputs import check_places
from pipelines.progress import Progress, Silent

__all__ = ["EncodeJob", "EncodeSummary", "run"]

BYTES_A_ROW = 60
QUESTION = "question"
QUESTION_HOURS = 25


@dataclass(frozen=True)
class EncodeJob:
    """What to encode, for whom, and where to.

    Attributes
    ----------
    feed, source
        The plaintext file and the name of its source in the specification.
    specification
        The agreed specification.
    keys
        Folder with ``project.key``, ``source-NAME.key`` and the unit's ``unit.pub``.
    out
        The package to make; must not exist.
    kind
        ``"snapshot"``: the feed holds every record of the source; ``"delta"``: what was added or changed;
        ``"question"``: the one record of a child to ask about, which is answered and not stored.
    id_map, rejects
        Beside the feed unless said otherwise.
    after
        The package of this source that was loaded last, where its own record of the chain is lost or ahead.
    gate, report, certificate
        Whether the package has to pass the gate, where its page goes (nowhere if None), and its certificate (beside
        the package if None).
    """

    feed: Path
    source: str
    specification: Path
    keys: Path
    out: Path
    kind: str = "snapshot"
    purpose: str = "child index"
    id_map: Path | None = None
    rejects: Path | None = None
    after: Path | None = None
    gate: bool = False
    report: Path | None = None
    certificate: Path | None = None

    @property
    def id_map_path(self) -> Path:
        """Where the map of record ids goes."""
        return self.id_map or self.feed.with_name(f"{plain_stem(self.feed)}.record_ids.parquet")

    @property
    def rejects_path(self) -> Path:
        """Where rejected rows are listed."""
        return self.rejects or self.feed.with_name(f"{plain_stem(self.feed)}.rejects.csv")

    @property
    def certificate_path(self) -> Path | None:
        """Where the gate's certificate goes; None without the gate."""
        if not self.gate:
            return None
        return self.certificate or self.out.with_name(f"{self.out.stem}.certificate.json")


@dataclass(frozen=True)
class EncodeSummary:
    """Counts of an encoded feed; no value of a record appears."""

    source: str
    package: Path
    id_map: Path
    rejects: Path
    sequence: int
    digest: str
    counts: FeedCounts
    seconds: float
    kept_id_map: Path | None = None
    kind: str = "snapshot"
    certificate: Path | None = None

    def to_json(self) -> dict[str, object]:
        """As a document for machines."""
        return {
            "source": self.source,
            "package": str(self.package),
            "id_map": str(self.id_map),
            "kept_id_map": str(self.kept_id_map) if self.kept_id_map else None,
            "rejects": str(self.rejects),
            "sequence": self.sequence,
            "digest": self.digest,
            "gate": "passed" if self.certificate else None,
            "certificate": str(self.certificate) if self.certificate else None,
            "rows": self.counts.rows,
            "encoded": self.counts.encoded,
            "deleted": self.counts.deleted,
            "empty": self.counts.empty,
            "rejected": dict(self.counts.rejected),
            "kept_as_typed": dict(self.counts.kept),
            "missing": dict(self.counts.missing),
            "invalid": dict(self.counts.invalid),
            "seconds": round(self.seconds, 3),
        }

    def _place(self) -> str:
        if self.kind == QUESTION:
            return f"a question of {self.source}, to be asked within a day"
        return f"package {self.sequence} of {self.source}"

    def text(self) -> str:
        """The same for people."""
        counts = self.counts
        rows = [
            [field, missing, sum(n for rule, n in counts.invalid.items() if rule.partition(".")[0] == field)]
            for field, missing in counts.missing.items()
        ]
        told = [("records rejected", counts.rejected), ("values kept as typed", counts.kept)]
        sent = f"{counts.encoded:,} of {counted(counts.rows, 'record')}"
        if counts.deleted:
            kept = counts.encoded - counts.deleted
            sent = f"{counted(kept, 'record')} and {counted(counts.deleted, 'deletion')}"
            sent += f" of {counted(counts.rows, 'row')}"
        lines = [
            f"{self.package}: {sent}, {self._place()}",
            f"sha256 {self.digest}",
            table_text(["field", "missing", "of these invalid"], rows) if rows else "no value is missing",
            f"record ids: {self.id_map} (stays at the source)",
        ]
        if self.certificate:
            lines.insert(2, f"the gate lets it pass: {self.certificate} is the signed certificate")
        if self.kept_id_map:
            lines.append(f"the map of an earlier key is kept: {self.kept_id_map}")
        for what, rules in told:
            if rules:
                listed = ", ".join(f"{rule} {n:,}" for rule, n in sorted(rules.items()))
                lines.append(f"{what}: {listed}; see {self.rejects}")
        if counts.empty:
            lines.append(
                f"{counted(counts.empty, 'record has', 'records have')} no value in any field and can"
                " meet no other; if they are deletions,"
                f" name the column that says so as `operation` under [sources.{self.source}]"
            )
        return "\n".join(lines)


def run(job: EncodeJob, progress: Progress | None = None) -> EncodeSummary:
    """Encode a feed into a sealed package.

    Raises
    ------
    InputRefused
        If the specification, a key or the feed cannot be used; no package is left behind then.
    """
    started = time.perf_counter()
    if not is_purpose(job.purpose):
        raise InputRefused("--purpose: expected 1 to 200 printable characters, and nobody's name")
    check_places(job.report, job.certificate)
    specification = read_specification(job.specification)
    source = source_rule(specification, job.source, job.specification)
    passphrase = read_passphrase()
    project_key = load_project_key(
        job.keys, project=specification.project, epoch=specification.epoch, passphrase=passphrase
    )
    signer = load_source_keys(job.keys, job.source, passphrase)
    chain = chain_after(job.after, specification, signer) if job.after else read_chain(job.keys, job.source)
    progress = progress or Silent()
    recipient = load_unit_public(job.keys).envelope_key
    draft = _draft(job, specification, project_key, chain)
    record_encoder = RecordEncoder(specification, job.source, project_key.derive)
    encoder = BatchEncoder(specification, source, record_encoder)
    # These are encoded first, so that a first run compiles its kernels here.
    with progress.stage("load or compile kernels", unit="") as stage:
        canaries = canary_records(specification, record_encoder, project_key.derive)
        stage.reach(1)
    mark = map_mark(project_key.epoch, key_check(project_key))
    places = map_places(job.id_map_path, mark, delta=chain.sequence + 1 if job.kind == "delta" else None)
    with (
        place_of(job.out, gated=job.gate) as place,
        PackageWriter(
            place, signer=signer, recipient=recipient, draft=draft, schema=specification.record_schema
        ) as writer,
        SideFiles(job.source, id_map=places, mark=mark, rejects=job.rejects_path) as side_files,
    ):
        counts = _encode_rows(job, specification, source, encoder, canaries, side_files, writer, progress)
        if job.kind == QUESTION and counts.encoded != 1:
            raise FeedRefused(
                f"{job.feed}: a question is one record, the feed has {counts.encoded} that encode"
            )
        manifest = writer.close()
        digest = writer.digest
        if job.certificate_path:
            certificate = job.certificate_path
            manifest, digest = _through_the_gate(job, place, certificate, signer, recipient, draft, progress)
        side_files.keep()
    if job.kind != QUESTION:
        write_chain(job.keys, job.source, Chain(manifest.sequence, digest))
    return EncodeSummary(
        job.source,
        job.out,
        places.new,
        job.rejects_path,
        manifest.sequence,
        digest,
        counts,
        time.perf_counter() - started,
        places.kept,
        job.kind,
        job.certificate_path,
    )


def _through_the_gate(
    job: EncodeJob,
    trial: Path,
    certificate: Path,
    signer: SourceKeys,
    recipient: EnvelopePublicKey,
    draft: ManifestDraft,
    progress: Progress,
) -> tuple[Manifest, str]:
    # Attacks learn: what they import takes longer than encoding a small feed, which goes without a gate.
    from pipelines.at_source.gated import GateRequest, seal_if_passed  # noqa: PLC0415 - see above

    request = GateRequest(job.out, job.feed, job.source, job.specification, job.keys, certificate, job.report)
    return seal_if_passed(trial, request, signer=signer, recipient=recipient, draft=draft, progress=progress)


def _draft(job: EncodeJob, specification: Specification, key: ProjectKey, chain: Chain) -> ManifestDraft:
    present = datetime.now(UTC)
    # A question takes no place in the chain of nights, and cannot be asked again another day.
    is_question = job.kind == QUESTION
    return ManifestDraft(
        project=specification.project,
        source=job.source,
        sequence=1 if is_question else chain.sequence + 1,
        kind=job.kind,
        previous=None if is_question else chain.digest,
        created=rounded_hour(present),
        expires=rounded_hour(present + timedelta(hours=QUESTION_HOURS)) if is_question else None,
        purpose=job.purpose,
        specification=specification.fingerprint,
        normaliser=NORMALISER_VERSION,
        software=version("childindex"),
        key_epoch=key.epoch,
        key_check=key_check(key),
    )


def _encode_rows(
    job: EncodeJob,
    specification: Specification,
    source: SourceRule,
    encoder: BatchEncoder,
    canaries: EncodedRecords,
    side_files: SideFiles,
    writer: PackageWriter,
    progress: Progress,
) -> FeedCounts:
    counts = FeedCounts()
    columns = [
        source.record_id,
        *(column for field in specification.fields for column in source.columns_of(field)),
        *flag_columns(source),
        *([source.operation.column] if source.operation and job.kind == "delta" else []),
    ]
    reading = open_feed(
        job.feed, columns=list(dict.fromkeys(columns)), encoding=source.encoding, delimiter=source.delimiter
    )
    with reading as feed, tempfile.TemporaryDirectory(prefix=".childindex-", dir=job.out.parent) as folder:
        expected_rows = job.feed.stat().st_size // BYTES_A_ROW
        n_words = specification.record_schema.n_words
        with BucketShuffle(Path(folder), n_words=n_words, expected_rows=expected_rows) as shuffle:
            with progress.stage(f"encode {job.source}", total=feed.size_bytes, unit="bytes") as stage:
                for encoded in encoded_batches(feed, encoder):
                    shuffle.add(encoded.records, encoded.rows)
                    side_files.add(encoded.feed_record_ids, encoded.records.record_ids, encoded.rejects)
                    counts.add(encoded.counts)
                    stage.reach(feed.bytes_read())
            if job.kind != QUESTION:
                shuffle.add(canaries, np.zeros(len(canaries), np.int64))
            with progress.stage(f"seal {job.source}", total=counts.encoded + len(canaries)) as stage:
                seal_shuffled(shuffle, writer, job.feed, stage.reach)
    return counts
