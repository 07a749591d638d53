"""The gate at the source, where the feed and the project key are.

The package is opened by the source's own copy of its content key: each package opens for the unit and for the source
that signed it, and both stand in the signed manifest. Its rows are held against the feed record by record; a random
sample, drawn when the check begins, is encoded again and compared bit for bit; every byte is scanned for every value
of the feed; the codes are attacked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from encoders.attacks.encoded_people import EncodedPeople
from encoders.attacks.normalised_feed import NormalisedBatch, normalised_batches
from encoders.attacks.outcome import AttackResult
from encoders.canaries import canary_records
from encoders.chain import read_chain
from encoders.gate.attack_findings import (
    GateAttacks,
    attack_stages,
    judged,
    measure_findings,
    size_finding,
)
from encoders.gate.feed_side import FeedSide, named_values, read_feed
from encoders.gate.findings import Finding
from encoders.gate.leak_scan import LeakScan
from encoders.gate.limits import GateLimits
from encoders.gate.loading import load_gate_kernels
from encoders.gate.manifest_findings import chain_finding, manifest_findings
from encoders.gate.metadata import free_text, metadata_words, name_findings, time_finding
from encoders.gate.package_side import PackageReading, PackageSide
from encoders.gate.row_findings import row_findings
from encoders.gate.sameness import canary_finding, leak_findings, sameness_findings
from encoders.gate.sampling import IdSample, places_of
from encoders.keys.project_key import ProjectKey
from encoders.keys.project_key_files import load_project_key
from encoders.keys.source_keys import SourceKeys, load_source_keys
from encoders.record_encoder import RecordEncoder
from linkage.exchange.errors import KeyRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.following import ChainHead
from linkage.exchange.manifest import Manifest
from linkage.exchange.normaliser import NORMALISER_VERSION
from linkage.exchange.package_reader import VerifiedPackage, open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.rows import row_width
from linkage.exchange.specification import Specification
from linkage.exchange.translations import TRANSLATION
from pipelines.at_source.sources import source_rule
from pipelines.at_source.verify_translation import findings_against_feed
from pipelines.progress import Progress, reached

__all__ = [
    "VERIFIED_KINDS",
    "SourceCheck",
    "SourceChecked",
    "VerifyJob",
    "expectation",
    "only_source",
]

DRAW_SEED = 20261122
RECORD_KINDS = ("snapshot", "delta")
VERIFIED_KINDS = (*RECORD_KINDS, TRANSLATION)


@dataclass(frozen=True)
class VerifyJob:
    """What to verify, and with what.

    Attributes
    ----------
    package
        The sealed package.
    specification, keys
        The agreed specification and a folder of keys: the unit's, or the source's. None for an outsider.
    plaintext, source
        At the source, the feed that was encoded; the source's name where the folder holds keys of several.
    compared
        Records that are encoded again.
    attacks
        What is attacked and how.
    sealed, name
        Not sealed is a package that is tried before it is sealed for good, under the name that it will have.
    chains
        At the unit, the package of each source that its index took last; None holds the package against no index.
    """

    package: Path
    specification: Path | None = None
    keys: Path | None = None
    plaintext: Path | None = None
    source: str | None = None
    compared: int = 100_000
    attacks: GateAttacks = field(default_factory=GateAttacks)
    sealed: bool = True
    name: str = ""
    chains: Mapping[str, ChainHead] | None = None

    @property
    def shown_name(self) -> str:
        """The package's name in reports."""
        return self.name or self.package.name


@dataclass(frozen=True)
class SourceChecked:
    """What was found at the source."""

    manifest: Manifest
    findings: list[Finding]
    attacks: list[AttackResult]
    fields: list[str]


@dataclass(frozen=True, repr=False)
class SourceCheck:
    """A check at the source, with everything that it needs at hand."""

    job: VerifyJob
    specification: Specification
    limits: GateLimits
    signer: SourceKeys
    project_key: ProjectKey
    encoder: RecordEncoder

    @classmethod
    def of(cls, job: VerifyJob, specification: Specification, limits: GateLimits) -> "SourceCheck":
        """Load the keys.

        Raises
        ------
        KeyRefused
            If one is missing or not of this project, epoch or source.
        """
        folder, passphrase = job.keys or Path(), read_passphrase()
        name = job.source or only_source(folder)
        key = load_project_key(
            folder, project=specification.project, epoch=specification.epoch, passphrase=passphrase
        )
        signer = load_source_keys(folder, name, passphrase)
        return cls(job, specification, limits, signer, key, RecordEncoder(specification, name, key.derive))

    def run(self, progress: Progress) -> SourceChecked:
        """Open, compare, scan, attack.

        Raises
        ------
        PackageRefused
            If the package does not open.
        FeedRefused
            If the feed cannot be read.
        """
        # A first run compiles the kernels of encoding and of the gate here.
        with progress.stage("load or compile kernels", unit="") as stage:
            canaries = canary_records(self.specification, self.encoder, self.project_key.derive)
            load_gate_kernels()
            stage.reach(1)
        trusted = {self.signer.name: self.signer.public}
        expected = expectation(self.specification, kinds=VERIFIED_KINDS)
        with open_package(self.job.package, self.signer.envelope_key, trusted, expected) as package:
            manifest = package.manifest
            if manifest.kind == TRANSLATION:
                return SourceChecked(manifest, self._translation(package, progress), [], [])
            digest = package.digest if self.job.sealed else None
            chain = chain_finding(manifest, digest, read_chain(self.job.keys or Path(), self.signer.name))
            feed, rows, leaks = self._both_sides(package, progress)
        delta = manifest.kind == "delta"
        words = metadata_words(manifest, self.specification, self.job.shown_name)
        findings = [
            *manifest_findings(manifest),
            chain,
            *sameness_findings(rows, feed),
            canary_finding(rows, canaries),
            *leaks,
            *name_findings(words, feed.words_found),
            time_finding(manifest),
            *row_findings(rows, self.specification, self.limits, delta=delta),
        ]
        people, n_records, fields = _people(self.specification, rows, feed), len(rows.ids), list(feed.columns)
        # A million records in three copies would not fit beside the attacks.
        del rows, feed
        findings.append(size_finding(len(people), n_records, self.limits, delta=delta))
        attacks = self._attacks(people, progress) if len(people) >= self.limits.least_records else []
        findings += [judged(result, self.limits) for result in attacks]
        if attacks:
            with progress.stage("measure similarities and risks", unit="measures") as stage:
                measured = measure_findings(people, self.limits, np.random.default_rng(DRAW_SEED))
                for done, finding in enumerate(measured, 1):
                    findings.append(finding)
                    stage.reach(done)
        return SourceChecked(manifest, findings, attacks, fields)

    def _translation(self, package: VerifiedPackage, progress: Progress) -> list[Finding]:
        name = self.job.shown_name
        return findings_against_feed(package, self.specification, self.encoder, self._batches, name, progress)

    def _batches(self) -> Iterator[NormalisedBatch]:
        job = self.job
        rule = source_rule(self.specification, self.signer.name, job.specification or Path())
        return normalised_batches(job.plaintext or Path(), self.specification, rule, self.encoder)

    def _both_sides(
        self, package: VerifiedPackage, progress: Progress
    ) -> tuple[FeedSide, PackageSide, list[Finding]]:
        """The feed, then the package: the scan has to know the values before it sees the bytes. Its needles go then."""
        manifest, schema = package.manifest, self.specification.record_schema
        # Rows are looked at twice: as they lie, and column by column.
        scan = LeakScan(expected_bytes=2 * manifest.rows * row_width(schema))
        attacked = IdSample(self.job.attacks.records, manifest.rows)
        name = self.job.shown_name
        with progress.stage("read the feed", total=manifest.rows) as stage:
            feed = read_feed(
                reached(self._batches(), stage),
                self.encoder,
                attacked=attacked,
                compared=IdSample(self.job.compared, manifest.rows),
                scan=scan,
                wanted_words=metadata_words(manifest, self.specification, name),
            )
        reading = PackageReading(schema, attacked=attacked, expected=feed.expected, scan=scan)
        with progress.stage("read and scan the package", total=manifest.rows) as stage:
            rows = reading.read(reached(package.batches(), stage))
            text = np.frombuffer(free_text(manifest, self.specification, name), np.uint8)
            scan.scan(text, lambda _: "the file's name or the purpose")
        leaks = scan.leaks(lambda: named_values(self._batches()))
        return feed, rows, list(leak_findings(scan, leaks))

    def _attacks(self, people: EncodedPeople, progress: Progress) -> list[AttackResult]:
        rng = np.random.default_rng(DRAW_SEED)
        done = []
        for name, results in attack_stages(people, self.job.attacks, rng):
            with progress.stage(f"attack: {name}", unit="attacks") as stage:
                for result in results:
                    done.append(result)
                    stage.reach(len(done))
        return done


def expectation(specification: Specification, kinds: tuple[str, ...] = RECORD_KINDS) -> Expectation:
    """What a package has to say to be of a specification."""
    return Expectation(
        project=specification.project,
        specification=specification.fingerprint,
        schema=specification.record_schema,
        normaliser=NORMALISER_VERSION,
        kinds=kinds,
    )


def only_source(keys: Path) -> str:
    """The source whose keys lie in a folder.

    Raises
    ------
    KeyRefused
        If there are none, or those of several.
    """
    names = [path.stem.removeprefix("source-") for path in sorted(keys.glob("source-*.key"))]
    if len(names) != 1:
        raise KeyRefused(
            f"{keys}: expected the keys of one source, found those of {len(names) or 'none'}; "
            + ("name it with --source" if names else "give the folder of the source's own keys")
        )
    return names[0]


def _people(specification: Specification, rows: PackageSide, feed: FeedSide) -> EncodedPeople:
    """The records that both package and feed have, codes from the one and values from the other."""
    place: npt.NDArray[np.int64] = places_of(rows.attacked.record_ids, feed.attacked_ids)
    kept = np.flatnonzero(place >= 0)
    columns = {name: values.take(place[kept]) for name, values in feed.columns.items()}
    return EncodedPeople(specification, rows.attacked.words[kept], columns)
