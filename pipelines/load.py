"""The job that checks, opens and stages packages at the linkage unit."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from linkage.exchange.errors import PackageRefused
from linkage.exchange.expectation import EPOCH_REMEDY, Expectation
from linkage.exchange.normaliser import NORMALISER_VERSION
from linkage.exchange.package_reader import VerifiedPackage, drop_canaries, open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import load_trusted_sources
from linkage.exchange.records import EncodedRecords
from linkage.exchange.unit_keys import load_unit_keys
from linkage.index import Index, PackageIdentity, PackageKind, Staged, open_index
from pipelines.console import table_text
from pipelines.progress import Progress, Silent, Stage
from pipelines.unit import index_specification

__all__ = ["LoadedPackage", "run", "text"]


@dataclass(frozen=True)
class LoadedPackage:
    """What one package brought."""

    package: Path
    source: str
    sequence: int
    staged: Staged

    def to_json(self) -> dict[str, object]:
        """As a document for machines."""
        return {
            "package": str(self.package),
            "source": self.source,
            "sequence": self.sequence,
            **asdict(self.staged),
        }


def run(
    index: Path, packages: Sequence[Path], keys: Path, progress: Progress | None = None
) -> list[LoadedPackage]:
    """Check each package, open it and stage its records; a package that does not check changes nothing.

    Parameters
    ----------
    index
        The index, made by ``init``.
    packages
        In the order in which they are to be loaded.
    keys
        Folder with the unit's ``unit.key`` and the public keys of the sources it trusts.

    Raises
    ------
    InputRefused
        If the index, a key or a package is refused; the packages before it are staged.
    """
    specification = index_specification(index)
    passphrase = read_passphrase()
    unit = load_unit_keys(keys, passphrase)
    trusted = load_trusted_sources(keys)
    progress = progress or Silent()
    loaded = []
    with open_index(index) as opened:
        for path in packages:
            expected = Expectation(
                project=specification.project,
                specification=opened.fingerprint,
                schema=opened.schema,
                normaliser=NORMALISER_VERSION,
                key_checks=_known_keys(opened.key_checks(), specification.epoch),
            )
            try:
                with open_package(path, unit.envelope_key, trusted, expected) as package:
                    _refuse_other_epoch(package.manifest.key_epoch, specification.epoch)
                    loaded.append(_stage(opened, path, package, progress))
            except PackageRefused as refusal:
                before = ", ".join(str(earlier.package) for earlier in loaded)
                raise PackageRefused(
                    f"{refusal}{f'; loaded before it: {before}' if before else ''}"
                ) from None
    return loaded


def _refuse_other_epoch(found: int, epoch: int) -> None:
    """Records of two epochs look like records of strangers to each other, so an index is of one."""
    if found != epoch:
        raise PackageRefused(f"key epoch: expected {epoch}, found {found}; {EPOCH_REMEDY}")


def _known_keys(seen: dict[int, str], epoch: int) -> dict[int, str] | None:
    """Key checks that a package has to have. The first package of an epoch says what its key is."""
    return seen if epoch in seen else None


def _stage(index: Index, path: Path, package: VerifiedPackage, progress: Progress) -> LoadedPackage:
    manifest = package.manifest
    identity = PackageIdentity(
        manifest.source,
        manifest.sequence,
        PackageKind(manifest.kind),
        package.digest,
        manifest.previous or "",
        manifest.key_epoch,
        manifest.key_check,
    )
    with progress.stage(f"load {manifest.source}", total=manifest.rows) as stage:
        try:
            staged = index.stage(identity, _counted(package, stage))
        except PackageRefused as refusal:
            raise PackageRefused(f"{path}: {refusal}") from None
    return LoadedPackage(path, manifest.source, manifest.sequence, staged)


def _counted(package: VerifiedPackage, stage: Stage) -> Iterator[EncodedRecords]:
    done = 0
    for batch in package.batches():
        done += len(batch)
        yield drop_canaries(batch)
        stage.reach(done)


def text(loaded: Sequence[LoadedPackage]) -> str:
    """What was loaded, for people."""
    rows = [
        [
            package.source,
            package.sequence,
            package.staged.n_new,
            package.staged.n_changed,
            package.staged.n_unchanged,
            package.staged.n_deleted,
            "loaded before, nothing to do" if package.staged.already_loaded else "",
        ]
        for package in loaded
    ]
    return table_text(["source", "package", "new", "changed", "unchanged", "deleted", ""], rows)
