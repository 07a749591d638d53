"""Every way in which a package can be wrong is refused, with the check that failed and how to mend it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import oracle_package
import pytest
from oracle_parties import NOW, parties, records_of, seal

from linkage.exchange.envelopes import EnvelopeKey, EnvelopePublicKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import rounded_hour
from linkage.exchange.package_reader import open_package, package_digest, read_header
from linkage.exchange.public_keys import PublicKeys
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey
from linkage.exchange.unit_keys import UnitKeys


def refuse(
    path: Path,
    match: str,
    *,
    trusted: Mapping[str, PublicKeys] | None = None,
    key: EnvelopeKey | None = None,
    **changes: Any,
) -> None:
    keys = parties()
    expected = replace(keys.expected, **changes)
    with pytest.raises(PackageRefused, match=match) as refusal:
        open_package(path, key or keys.unit.envelope_key, trusted or keys.trusted, expected)
    assert all(line.startswith(f"{path}: ") for line in str(refusal.value).split("\n"))


def crafted(
    path: Path, plaintext: Callable[[bytes], bytes], *, recipients: list[EnvelopePublicKey] | None = None
) -> Path:
    """Write a package around any plaintext, made from the header's digest."""
    keys = parties()
    public = recipients or [keys.unit.public.envelope_key, keys.school.public.envelope_key]
    path.write_bytes(oracle_package.craft([key.raw for key in public], plaintext))
    return path


def restated(
    tmp_path: Path,
    *,
    body: bytes | None = None,
    raw: Callable[[dict[str, Any]], bytes] | None = None,
    **members: object,
) -> Path:
    """A package that the school signed, with other members of the manifest or other rows than a writer makes."""
    keys = parties()
    honest = tmp_path / "honest.cip"
    honest.unlink(missing_ok=True)
    seal(honest, records_of(20))
    plain = oracle_package.read(honest.read_bytes(), keys.unit.envelope_key.secret.reveal())
    rows = plain.rows if body is None else body
    stated = plain.stated | {"rows_digest": oracle_package.rows_digest(rows)} | members
    manifest = oracle_package.canonical(stated) if raw is None else raw(stated)
    seed = keys.school.signing_key.seed.reveal()
    return crafted(
        tmp_path / "crafted.cip", lambda digest: rows + oracle_package.trailer(manifest, digest, seed)
    )


# ---------------------------------------------------------------- who and for whom


def test_another_unit_cannot_open(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    refuse(tmp_path / "a.cip", "recipient: expected a package for the key", key=EnvelopeKey.generate())


def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(5), signer=parties().stranger)
    refuse(tmp_path / "a.cip", "signature: expected a signature by school, found one by the key")


def test_a_source_cannot_speak_for_another(tmp_path: Path) -> None:
    keys = parties()
    trusted = keys.trusted | {"stranger": keys.stranger.public}
    stolen = replace(keys.stranger, name="school")
    seal(tmp_path / "a.cip", records_of(5), signer=stolen)
    refuse(tmp_path / "a.cip", "says that it comes from 'school', but 'stranger' signed it", trusted=trusted)


def test_a_package_sealed_again_for_somebody_else_is_refused(tmp_path: Path) -> None:
    """The unit forwards rows, manifest and signature to another unit: the signature covers the first header."""
    keys = parties()
    seal(tmp_path / "a.cip", records_of(5), sender_copy=False)
    plain = oracle_package.read((tmp_path / "a.cip").read_bytes(), keys.unit.envelope_key.secret.reveal())
    other = UnitKeys(EnvelopeKey.generate(), SigningKey.generate())
    end = plain.manifest + plain.signer + plain.signature + len(plain.manifest).to_bytes(4, "big")
    path = crafted(tmp_path / "b.cip", lambda _: plain.rows + end, recipients=[other.public.envelope_key])
    refuse(path, "signature: it is not source 'school's signature", key=other.envelope_key)
    path = crafted(tmp_path / "c.cip", lambda _: plain.rows + end, recipients=[keys.unit.public.envelope_key])
    refuse(path, "signature: it is not source 'school's signature")


def test_the_header_has_to_name_the_recipients_of_the_manifest(tmp_path: Path) -> None:
    refuse(restated(tmp_path, recipient="0" * 64), "recipient: the header names other keys than the manifest")
    refuse(restated(tmp_path, sender_copy=None), "recipient: the header names other keys than the manifest")


def test_nobody_else_may_be_able_to_open_it(tmp_path: Path) -> None:
    keys = parties()
    seal(tmp_path / "a.cip", records_of(5))
    plain = oracle_package.read((tmp_path / "a.cip").read_bytes(), keys.unit.envelope_key.secret.reveal())
    third = EnvelopeKey.generate().public
    manifest = oracle_package.canonical(plain.stated | {"sender_copy": third.fingerprint})
    seed = keys.school.signing_key.seed.reveal()
    path = crafted(
        tmp_path / "b.cip",
        lambda digest: plain.rows + oracle_package.trailer(manifest, digest, seed),
        recipients=[keys.unit.public.envelope_key, third],
    )
    refuse(path, "recipient: besides the unit the package opens for the key")


# ---------------------------------------------------------------- what was agreed


@pytest.mark.parametrize(
    "changes,match",
    [
        ({"project": "adults"}, "project: expected adults, found children; "),
        ({"source": "gp"}, "source: expected gp, found school; "),
        ({"purpose": "research"}, "purpose: expected research, found child index; "),
        (
            {"specification": "6" * 64},
            "specification: expected 6666.*, found 5555.*; source and unit need the same",
        ),
        ({"normaliser": "2"}, "normaliser: expected 2, found 1; install the same childindex"),
        (
            {"key_checks": {1: "d" * 32}},
            "key check: expected dddd.*, found cccc.*; the source encoded with another",
        ),
        ({"key_checks": {2: "c" * 32, 3: "c" * 32}}, "key epoch: expected 2, 3, found 1; "),
        ({"key_checks": {}}, "key epoch: expected none, found 1; "),
    ],
)
def test_what_differs_is_named(tmp_path: Path, changes: Any, match: str) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    refuse(tmp_path / "a.cip", match, **changes)


def test_all_that_differs_is_named_at_once(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    refuse(
        tmp_path / "a.cip",
        "(?s)project: .*specification: .*key epoch: ",
        project="x",
        specification="6" * 64,
        key_checks={},
    )


def test_several_epochs_may_overlap(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    keys = parties()
    expected = replace(keys.expected, key_checks={1: "c" * 32, 2: "d" * 32})
    open_package(tmp_path / "a.cip", keys.unit.envelope_key, keys.trusted, expected).close()


@pytest.mark.parametrize(
    "columns",
    [
        [(ColumnKind.FILTER, "names", 4), (ColumnKind.TOKEN, "nhs", 2)],
        [(ColumnKind.FILTER, "names", 4), (ColumnKind.TOKEN, "nhs", 1), (ColumnKind.BLOCK, "born", 1)],
        [(ColumnKind.FILTER, "names", 4), (ColumnKind.BLOCK, "birth", 1), (ColumnKind.TOKEN, "nhs", 1)],
        [(ColumnKind.FILTER, "names", 6)],
        [],
    ],
)
def test_other_columns_are_refused_even_if_a_row_is_as_wide(
    tmp_path: Path, columns: list[tuple[ColumnKind, str, int]]
) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    refuse(
        tmp_path / "a.cip", "columns: expected . columns, found 3; the first", schema=RecordSchema.of(columns)
    )


def test_an_expired_package_is_refused(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(5), expires=rounded_hour(NOW + timedelta(hours=5)))
    for hours, refused in ((4, False), (5, True), (500, True)):
        if refused:
            refuse(
                tmp_path / "a.cip",
                "expiry: the package expired at 2026-03-01T17:00:00Z",
                now=NOW + timedelta(hours=hours),
            )
        else:
            keys = parties()
            expected = replace(keys.expected, now=NOW + timedelta(hours=hours))
            open_package(tmp_path / "a.cip", keys.unit.envelope_key, keys.trusted, expected).close()


# ---------------------------------------------------------------- what a dishonest source could sign


@pytest.mark.parametrize("n_rows", [0, 19, 21, 2**40, 2**53])
def test_counts_have_to_fit_the_file_before_memory_is_taken(tmp_path: Path, n_rows: int) -> None:
    refuse(restated(tmp_path, rows=n_rows), "'rows' is not the sum of 'upserts' and 'deletes'")
    path = restated(tmp_path, rows=n_rows, upserts=n_rows)
    refuse(path, f"rows: the manifest counts {n_rows} rows of 66 bytes, the file holds 1320 bytes of rows")


def test_rows_of_another_digest_are_refused(tmp_path: Path) -> None:
    refuse(restated(tmp_path, rows_digest="0" * 64), "rows: expected the digest 0000.*, found ")


def constant(plaintext: bytes) -> Callable[[bytes], bytes]:
    return lambda _: plaintext


def row(number: int, *, operation: int = 0, flags: int = 0, words: bytes = b"\x01" * 48) -> bytes:
    return number.to_bytes(16, "big") + bytes([operation, flags]) + words


@pytest.mark.parametrize(
    "rows,match",
    [
        ([row(1), row(2, operation=2)], "rows: row 2 has an operation other than"),
        ([row(1, flags=8), row(2)], "rows: row 1 has unknown flags"),
        ([row(1), row(1)], "rows: row 2 has a record id that does not follow"),
        ([row(1, operation=1), row(2)], "rows: row 1 has a delete that carries an encoding"),
        (
            [row(1, operation=1, words=bytes(48)), row(2)],
            "rows: the manifest counts 0 deletes, the rows hold 1",
        ),
    ],
)
def test_rows_are_checked_by_the_reader_too(tmp_path: Path, rows: Any, match: str) -> None:
    path = restated(tmp_path, body=b"".join(rows), rows=len(rows), upserts=len(rows))
    refuse(path, match)


@pytest.mark.parametrize(
    "raw",
    [
        lambda stated: oracle_package.canonical(stated | {"note": "hello"}),
        lambda stated: oracle_package.canonical({k: v for k, v in stated.items() if k != "purpose"}),
        lambda stated: oracle_package.canonical(stated) + b" ",
        lambda stated: oracle_package.canonical(stated).replace(b'"rows":20', b'"rows":20,"rows":20'),
        lambda stated: oracle_package.canonical(stated | {"sequence": 1.0}),
        lambda stated: oracle_package.canonical(stated | {"sequence": True}),
        lambda stated: oracle_package.canonical(stated | {"sequence": 10**400}),
        lambda stated: oracle_package.canonical(stated).replace(
            b'"sequence":1', b'"sequence":' + b"9" * 5000
        ),
        lambda _: b"[" * 60_000,
        lambda _: b'{"a":' * 10_000,
        lambda _: b"\xff\xfe",
        lambda _: b"",
        lambda _: b"null",
    ],
)
def test_a_manifest_that_is_not_one_is_refused(
    tmp_path: Path, raw: Callable[[dict[str, Any]], bytes]
) -> None:
    refuse(restated(tmp_path, raw=raw), "manifest: ")


def test_the_length_of_the_manifest_is_bounded(tmp_path: Path) -> None:
    refuse(restated(tmp_path, raw=lambda _: b"x" * 65_537), "manifest: its length is out of bounds")
    for stated in (bytes(200) + b"\xff" * 4, bytes(200) + b"\x00\x00\x13\x88", bytes(204)):
        path = crafted(tmp_path / "c.cip", constant(stated))
        refuse(path, "manifest: its length|signature: expected")
    refuse(crafted(tmp_path / "c.cip", lambda _: b"x"), "manifest: its length is out of bounds")


# ---------------------------------------------------------------- what is not a package


def test_files_that_are_not_packages(tmp_path: Path) -> None:
    path = tmp_path / "a.cip"
    refuse(path, "cannot be opened: No such file")
    refuse(tmp_path, "the package cannot be opened: it is not a regular file")
    os.mkfifo(tmp_path / "pipe")
    refuse(tmp_path / "pipe", "not a regular file")
    for content in (b"", b"PK\x03\x04", b"\x89CIP\n\x1a\n", bytes(5000)):
        path.write_bytes(content)
        refuse(path, "header: this is not a childindex package")
        with pytest.raises(PackageRefused, match="not a childindex package"):
            read_header(path)
    with pytest.raises(PackageRefused, match="cannot be opened"):
        package_digest(tmp_path / "none")


@pytest.mark.parametrize(
    "at,value,match",
    [
        (9, 2, "header: expected version 1, found 2"),
        (42, 0, "header: expected 1 or 2 recipients, found 0"),
        (42, 3, "header: expected 1 or 2 recipients, found 3"),
        (44, 9, "header: expected suite 1 or 2, found 9"),
        (44, 2, "header: "),
        (20, 0, "header: the sealed content key does not open"),
        (100, 0, "header: the sealed content key does not open"),
    ],
)
def test_a_damaged_header_says_what_is_wrong(tmp_path: Path, at: int, value: int, match: str) -> None:
    seal(tmp_path / "a.cip", records_of(5))
    raw = bytearray((tmp_path / "a.cip").read_bytes())
    raw[at] = raw[at] ^ 255 if at in (20, 100) else value
    (tmp_path / "a.cip").write_bytes(raw)
    refuse(tmp_path / "a.cip", match)


def test_one_file_cannot_open_as_two(tmp_path: Path) -> None:
    """One content key for the unit and another for the officer: the commitment refuses the second."""
    keys = parties()
    public = [keys.unit.public.envelope_key.raw, keys.school.public.envelope_key.raw]
    raw = oracle_package.craft(public, lambda _: b"x", [b"1" * 32, b"2" * 32])
    (tmp_path / "a.cip").write_bytes(raw)
    refuse(tmp_path / "a.cip", "manifest: ")
    refuse(tmp_path / "a.cip", "header: the sealed content key does not open", key=keys.school.envelope_key)
