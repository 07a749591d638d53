"""The job that checks, opens and stages packages at the linkage unit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.expectation import EPOCH_REMEDY, Expectation
from linkage.exchange.normaliser import NORMALISER_VERSION
from linkage.exchange.package_reader import VerifiedPackage, open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import PublicKeys, load_trusted_sources
from linkage.exchange.specification import Specification
from linkage.exchange.unit_keys import load_unit_keys
from linkage.index import Index, KeepOut, PackageIdentity, PackageKind, Staged, open_index
from pipelines.at_unit.canaries import CanaryCheck
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.keep_out import load_keep_out
from pipelines.console import table_text
from pipelines.progress import Progress, Silent, reached

__all__ = ["LoadedPackage", "Receiver", "run", "take", "text"]


@dataclass(frozen=True)
class LoadedPackage:
    """What one package brought."""

    package: Path
    source: str
    sequence: int
    digest: str
    staged: Staged
    canaries: int = 0

    def to_json(self) -> dict[str, object]:
        """As a document for machines."""
        return {
            "package": str(self.package),
            "source": self.source,
            "sequence": self.sequence,
            "canaries": self.canaries,
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
    receiver = Receiver.of(index_specification(index), keys)
    progress = progress or Silent()
    loaded: list[LoadedPackage] = []
    with open_index(index) as opened:
        for path in packages:
            try:
                loaded.append(take(opened, path, receiver, progress))
            except PackageRefused as refusal:
                before = ", ".join(str(earlier.package) for earlier in loaded)
                raise PackageRefused(
                    f"{refusal}{f'; loaded before it: {before}' if before else ''}"
                ) from None
    return loaded


@dataclass(frozen=True, repr=False)
class Receiver:
    """What the unit opens packages with: its envelope key, the sources that it trusts, and what was agreed."""

    specification: Specification
    key: EnvelopeKey
    trusted: Mapping[str, PublicKeys]
    keys: Path

    @classmethod
    def of(cls, specification: Specification, keys: Path) -> "Receiver":
        """Read the keys.

        Raises
        ------
        KeyRefused
            If a key is missing or cannot be used.
        """
        unit = load_unit_keys(keys, read_passphrase())
        return cls(specification, unit.envelope_key, load_trusted_sources(keys), keys)

    def expectation(self, index: Index) -> Expectation:
        """What the next package has to say."""
        seen = index.key_checks()
        return Expectation(
            project=self.specification.project,
            specification=index.fingerprint,
            schema=index.schema,
            normaliser=NORMALISER_VERSION,
            # The first package of an epoch says what its key is.
            key_checks=seen if self.specification.epoch in seen else None,
        )

    def keep_out(self, index: Index) -> KeepOut | None:
        """What recognises erased records; None if there are none.

        Raises
        ------
        KeyRefused
            If the pseudonym key is needed and missing.
        """
        return load_keep_out(self.keys) if index.leaving.n_kept_out() else None


def take(
    index: Index, path: Path, receiver: Receiver, progress: Progress, *, kind: str = "load"
) -> LoadedPackage:
    """Check a package, open it and stage its records in the open run, or in a new one of that kind.

    Raises
    ------
    PackageRefused
        If it does not check, or is not the next one of its source; nothing was staged then.
    """
    with open_package(path, receiver.key, receiver.trusted, receiver.expectation(index)) as package:
        _refuse_other_epoch(package.manifest.key_epoch, receiver.specification.epoch)
        return _stage(index, path, package, progress, kind, receiver.keep_out(index))


def _refuse_other_epoch(found: int, epoch: int) -> None:
    """Records of two epochs look like records of strangers to each other, so an index is of one."""
    if found != epoch:
        raise PackageRefused(f"key epoch: expected {epoch}, found {found}; {EPOCH_REMEDY}")


def _stage(
    index: Index,
    path: Path,
    package: VerifiedPackage,
    progress: Progress,
    kind: str,
    keep_out: KeepOut | None,
) -> LoadedPackage:
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
    check = CanaryCheck(index.path, manifest, index.schema)
    with progress.stage(f"load {manifest.source}", total=manifest.rows) as stage:
        try:
            batches = check.without(reached(package.batches(), stage))
            staged = index.stage(identity, batches, kind=kind, keep_out=keep_out)
        except PackageRefused as refusal:
            raise PackageRefused(f"{path}: {refusal}") from None
    check.keep()
    return LoadedPackage(path, manifest.source, manifest.sequence, package.digest, staged, check.n_canaries)


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
            _remark(package),
        ]
        for package in loaded
    ]
    return table_text(["source", "package", "new", "changed", "unchanged", "deleted", ""], rows)


def _remark(package: LoadedPackage) -> str:
    if package.staged.already_loaded:
        return "loaded before, nothing to do"
    if package.staged.n_kept_out:
        return f"erased and kept out: {package.staged.n_kept_out}"
    return "" if package.canaries else "no canaries: agreement with other sources is not shown"
