"""The gate on a translation, which has ids and no records: what there is to see of it, with plaintext and without."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from encoders.attacks.normalised_feed import NormalisedBatch
from encoders.gate.feed_side import named_values, read_feed
from encoders.gate.findings import Finding
from encoders.gate.leak_scan import LeakScan
from encoders.gate.manifest_findings import manifest_findings
from encoders.gate.metadata import free_text, metadata_words, name_findings, time_finding
from encoders.gate.package_side import PackageReading
from encoders.gate.sameness import leak_findings
from encoders.gate.sampling import IdSample
from encoders.gate.translation_findings import feed_finding, translation_findings
from encoders.record_encoder import RecordEncoder
from linkage.exchange.package_reader import VerifiedPackage
from linkage.exchange.records import EncodedRecords
from linkage.exchange.rows import row_width
from linkage.exchange.specification import Specification
from linkage.exchange.translations import TRANSLATION_SCHEMA, read_pairs
from pipelines.progress import Progress

__all__ = ["findings_against_feed", "findings_without_feed"]

NOBODY = IdSample(0, 1)


def findings_without_feed(package: VerifiedPackage) -> list[Finding]:
    """What can be said of a translation at the unit."""
    return [*manifest_findings(package.manifest), *translation_findings(read_pairs(package.batches()))]


def findings_against_feed(
    package: VerifiedPackage,
    specification: Specification,
    encoder: RecordEncoder,
    feed: Callable[[], Iterable[NormalisedBatch]],
    name: str,
    progress: Progress,
) -> list[Finding]:
    """The same at the source: no byte of it holds a value of the feed, and the feed's records are translated."""
    manifest = package.manifest
    words = metadata_words(manifest, specification, name)
    scan = LeakScan(expected_bytes=2 * manifest.rows * row_width(TRANSLATION_SCHEMA))
    with progress.stage("read the feed"):
        known = read_feed(feed(), encoder, attacked=NOBODY, compared=NOBODY, scan=scan, wanted_words=words)
    parts: list[EncodedRecords] = []

    def kept() -> Iterator[EncodedRecords]:
        for batch in package.batches():
            parts.append(batch)
            yield batch

    with progress.stage("read and scan the package", total=manifest.rows) as stage:
        PackageReading(TRANSLATION_SCHEMA, scan=scan).read(kept())
        text = np.frombuffer(free_text(manifest, specification, name), np.uint8)
        scan.scan(text, lambda _: "the file's name or the purpose")
        stage.reach(manifest.rows)
    pairs = read_pairs(parts)
    return [
        *manifest_findings(manifest),
        *translation_findings(pairs),
        feed_finding(pairs, known.ids),
        *leak_findings(scan, scan.leaks(lambda: named_values(feed()))),
        *name_findings(words, known.words_found),
        time_finding(manifest),
    ]
