"""The job at a source: a plaintext feed in, a sealed package out, in bounded memory."""

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Self

import numpy as np

from encoders.batches import BatchEncoder, FeedCounts
from encoders.canaries import canary_records
from encoders.chain import Chain, one_at_a_time, read_chain, write_chain
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
from linkage.exchange.records import EncodedRecords
from linkage.exchange.specification import Specification, read_specification
from linkage.exchange.specification.model import SourceRule
from linkage.exchange.unit_keys import load_unit_public
from pipelines.at_source.earlier_package import chain_after
from pipelines.at_source.encode_stream import encoded_batches, seal_shuffled
from pipelines.at_source.encode_summary import QUESTION, EncodeSummary
from pipelines.at_source.package_place import place_of
from pipelines.at_source.sources import source_rule
from pipelines.outputs import check_places
from pipelines.progress import Progress, Silent

__all__ = ["EncodeJob", "EncodeSummary", "run"]

BYTES_A_ROW = 60
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


@dataclass(frozen=True, repr=False)
class _Setting:
    """What is read before the feed: the agreement, the keys, and where the chain of packages stands."""

    specification: Specification
    source: SourceRule
    project_key: ProjectKey
    signer: SourceKeys
    recipient: EnvelopePublicKey
    chain: Chain

    @classmethod
    def of(cls, job: EncodeJob) -> Self:
        specification = read_specification(job.specification)
        source = source_rule(specification, job.source, job.specification)
        passphrase = read_passphrase()
        project_key = load_project_key(
            job.keys, project=specification.project, epoch=specification.epoch, passphrase=passphrase
        )
        signer = load_source_keys(job.keys, job.source, passphrase)
        chain = (
            chain_after(job.after, specification, signer) if job.after else read_chain(job.keys, job.source)
        )
        recipient = load_unit_public(job.keys).envelope_key
        return cls(specification, source, project_key, signer, recipient, chain)

    def draft(self, job: EncodeJob) -> ManifestDraft:
        """What the package will state about itself."""
        present = datetime.now(UTC)
        # A question takes no place in the chain of nights, and cannot be asked again another day.
        is_question = job.kind == QUESTION
        return ManifestDraft(
            project=self.specification.project,
            source=job.source,
            sequence=1 if is_question else self.chain.sequence + 1,
            kind=job.kind,
            previous=None if is_question else self.chain.digest,
            created=rounded_hour(present),
            expires=rounded_hour(present + timedelta(hours=QUESTION_HOURS)) if is_question else None,
            purpose=job.purpose,
            specification=self.specification.fingerprint,
            normaliser=NORMALISER_VERSION,
            software=version("childindex"),
            key_epoch=self.project_key.epoch,
            key_check=key_check(self.project_key),
        )


def run(job: EncodeJob, progress: Progress | None = None) -> EncodeSummary:
    """Encode a feed into a sealed package.

    Raises
    ------
    InputRefused
        If the specification, a key or the feed cannot be used, or another process encodes for this source; no package
        is left behind then.
    """
    if job.kind == QUESTION:
        return _encoded(job, progress or Silent())
    with one_at_a_time(job.keys, job.source):
        return _encoded(job, progress or Silent())


def _encoded(job: EncodeJob, progress: Progress) -> EncodeSummary:
    started = time.perf_counter()
    if not is_purpose(job.purpose):
        raise InputRefused("--purpose: expected 1 to 200 printable characters, and nobody's name")
    check_places(job.report, job.certificate)
    setting = _Setting.of(job)
    draft = setting.draft(job)
    record_encoder = RecordEncoder(setting.specification, job.source, setting.project_key.derive)
    # These are encoded first, so that a first run compiles its kernels here.
    with progress.stage("load or compile kernels", unit="") as stage:
        canaries = canary_records(setting.specification, record_encoder, setting.project_key.derive)
        stage.reach(1)
    mark = map_mark(draft.key_epoch, draft.key_check)
    places = map_places(job.id_map_path, mark, delta=draft.sequence if job.kind == "delta" else None)
    with (
        place_of(job.out, gated=job.gate) as place,
        PackageWriter(
            place,
            signer=setting.signer,
            recipient=setting.recipient,
            draft=draft,
            schema=setting.specification.record_schema,
        ) as writer,
        SideFiles(job.source, id_map=places, mark=mark, rejects=job.rejects_path) as side_files,
    ):
        counts = _encode_rows(job, setting, record_encoder, canaries, side_files, writer, progress)
        if job.kind == QUESTION and counts.encoded != 1:
            raise FeedRefused(
                f"{job.feed}: a question is one record, the feed has {counts.encoded} that encode"
            )
        manifest = writer.close()
        digest = writer.digest
        if job.certificate_path:
            manifest, digest = _through_the_gate(job, place, job.certificate_path, setting, draft, progress)
        side_files.keep()
    if job.kind != QUESTION:
        write_chain(job.keys, job.source, Chain(manifest.sequence, digest))
    return EncodeSummary(
        source=job.source,
        package=job.out,
        id_map=places.new,
        rejects=job.rejects_path,
        sequence=manifest.sequence,
        digest=digest,
        counts=counts,
        seconds=time.perf_counter() - started,
        kept_id_map=places.kept,
        kind=job.kind,
        certificate=job.certificate_path,
    )


def _through_the_gate(
    job: EncodeJob,
    trial: Path,
    certificate: Path,
    setting: _Setting,
    draft: ManifestDraft,
    progress: Progress,
) -> tuple[Manifest, str]:
    # Attacks learn: what they import takes longer than encoding a small feed, which goes without a gate.
    from pipelines.at_source.gated import GateRequest, seal_if_passed  # noqa: PLC0415 - see above

    request = GateRequest(job.out, job.feed, job.source, job.specification, job.keys, certificate, job.report)
    return seal_if_passed(
        trial, request, signer=setting.signer, recipient=setting.recipient, draft=draft, progress=progress
    )


def _encode_rows(
    job: EncodeJob,
    setting: _Setting,
    record_encoder: RecordEncoder,
    canaries: EncodedRecords,
    side_files: SideFiles,
    writer: PackageWriter,
    progress: Progress,
) -> FeedCounts:
    counts = FeedCounts()
    source, n_words = setting.source, setting.specification.record_schema.n_words
    encoder = BatchEncoder(setting.specification, source, record_encoder)
    reading = open_feed(
        job.feed, columns=_columns_read(job, setting), encoding=source.encoding, delimiter=source.delimiter
    )
    with reading as feed, tempfile.TemporaryDirectory(prefix=".childindex-", dir=job.out.parent) as folder:
        expected_rows = job.feed.stat().st_size // BYTES_A_ROW
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


def _columns_read(job: EncodeJob, setting: _Setting) -> list[str]:
    """The columns of the feed that are needed, each once; no other is read."""
    source = setting.source
    columns = [
        source.record_id,
        *(column for field in setting.specification.fields for column in source.columns_of(field)),
        *flag_columns(source),
        *([source.operation.column] if source.operation and job.kind == "delta" else []),
    ]
    return list(dict.fromkeys(columns))
