"""The job at a source, after a rotation: a package that tells the unit which old record id is which new one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from encoders.keys.project_key import ProjectKey, key_check
from encoders.keys.project_key_files import load_project_key
from encoders.keys.source_keys import load_source_keys
from encoders.normalise import NORMALISER_VERSION
from encoders.translating import translated_ids
from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.manifest import ManifestDraft, rounded_hour
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.specification import Specification, read_specification
from linkage.exchange.translations import TRANSLATION, TRANSLATION_SCHEMA, pack_pairs
from linkage.exchange.unit_keys import load_unit_public
from pipelines.at_source.sources import source_rule

__all__ = ["run"]

PURPOSE = "children that outlive a project key"


def run(
    maps: Sequence[Path],
    source: str,
    specification: Path,
    keys: Path,
    out: Path,
    *,
    from_epoch: int | None = None,
) -> dict[str, Any]:
    """Write the translation of a source's record ids into a sealed package.

    Parameters
    ----------
    maps
        All maps of record ids that the source has, of the old key and the new one.
    specification
        Of the new epoch.
    keys
        Folder with the project keys of both epochs, the source's keys and the unit's public file.
    from_epoch
        The old epoch; the one before the specification's if None.

    Raises
    ------
    InputRefused
        If the specification is of the first epoch, a key is missing, or a map is of another source or key; no package
        is left behind then.
    """
    agreed = read_specification(specification)
    rule = source_rule(agreed, source, specification)
    before = agreed.epoch - 1 if from_epoch is None else from_epoch
    if not 1 <= before < agreed.epoch:
        raise SpecificationRefused(
            f"{specification}: its epoch is {agreed.epoch}, and a translation begins with an earlier one: give the"
            " specification with the `epoch` of the new key"
        )
    passphrase = read_passphrase()
    earlier, later = (
        load_project_key(keys, project=agreed.project, epoch=epoch, passphrase=passphrase)
        for epoch in (before, agreed.epoch)
    )
    pairs = translated_ids(maps, source, earlier, later, pseudonymised=rule.pseudonymise)
    with PackageWriter(
        out,
        signer=load_source_keys(keys, source, passphrase),
        recipient=load_unit_public(keys).envelope_key,
        draft=_draft(agreed, source, earlier, later),
        schema=TRANSLATION_SCHEMA,
    ) as writer:
        writer.write(pack_pairs(pairs))
        manifest = writer.close()
    return {
        "package": str(out),
        "source": source,
        "earlier_epoch": before,
        "epoch": agreed.epoch,
        "records": len(pairs),
        "pairs": manifest.rows,
        "digest": writer.digest,
    }


def _draft(agreed: Specification, source: str, earlier: ProjectKey, later: ProjectKey) -> ManifestDraft:
    # It takes no place in the chain of nights: the new index may begin with any snapshot.
    return ManifestDraft(
        project=agreed.project,
        source=source,
        sequence=1,
        kind=TRANSLATION,
        previous=None,
        created=rounded_hour(datetime.now(UTC)),
        expires=None,
        purpose=PURPOSE,
        specification=agreed.fingerprint,
        normaliser=NORMALISER_VERSION,
        software=version("childindex"),
        key_epoch=later.epoch,
        key_check=key_check(later),
        earlier_epoch=earlier.epoch,
        earlier_key_check=key_check(earlier),
    )
