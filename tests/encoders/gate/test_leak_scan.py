"""Planted leaks of every kind are found, and clean packages raise no alarm."""

import base64
import bz2
import gzip
import hashlib
import lzma
import zlib

import numpy as np
import pyarrow as pa
import pytest

from encoders.gate.leak_scan import LeakScan

SURNAME, ADDRESS, NHS_NUMBER, SHORT = "Featherstonehaugh", "12 Mill Lane, Oakham", "943 476 5919", "Amy"


def values():
    yield "surname", pa.array([SURNAME, "Smith", None, "Okonkwo-Hall"])
    yield "address", pa.array([ADDRESS, "Flat 2, The Old Bakery", "", None])
    yield "nhs_number", pa.array([NHS_NUMBER, "9434765919", "4010232137", None])
    yield "forename", pa.array([SHORT, "Li", "Oluwaseun", "Maximilian"])


def random_bytes(n=400_000, seed=0):
    return np.frombuffer(np.random.default_rng(seed).bytes(n), dtype=np.uint8).copy()


def new_scan(expected_bytes):
    scan = LeakScan(expected_bytes=expected_bytes)
    for _, column in values():
        scan.add(column)
    return scan


def scanned(data, expected_bytes=None):
    scan = new_scan(expected_bytes or len(data))
    scan.scan(data, lambda at: f"row {at // 400}")
    return scan.leaks(values)


def planted(secret, at=123_456):
    data = random_bytes()
    data[at : at + len(secret)] = np.frombuffer(secret, dtype=np.uint8)
    return data


def utf8(text):
    return text.encode()


PLANTS = {
    "as written": utf8(SURNAME),
    "lower case": utf8(SURNAME.lower()),
    "upper case": utf8(ADDRESS.upper()),
    "without blanks": b"12milllaneoakham",
    "normalised identifier": b"9434765919",
    "backwards": utf8(SURNAME[::-1]),
    "base64": base64.b64encode(utf8(SURNAME)),
    "base64 of bytes around it": base64.b64encode(b"\x01\x02" + utf8(ADDRESS) + b"\x03"),
    "url-safe base64": base64.urlsafe_b64encode(b"\xff\xfe" + utf8(ADDRESS)),
    "base64 of a short value": base64.b64encode(b"\0\0\0Smith\0\0\0\0"),
    "hex": utf8(SURNAME).hex().encode(),
    "hex, upper case": utf8(ADDRESS).hex().upper().encode(),
    "UTF-16": SURNAME.encode("utf-16-le"),
    "UTF-16, big-endian": ADDRESS.encode("utf-16-be"),
    "base64 of UTF-16": base64.b64encode(SURNAME.encode("utf-16-le")),
    "hex of base64": base64.b64encode(utf8(SURNAME)).hex().encode(),
    "zlib": zlib.compress(utf8(ADDRESS)),
    "zlib, hard": zlib.compress(utf8(SURNAME), 9),
    "gzip": gzip.compress(utf8(SURNAME)),
    "bzip2": bz2.compress(utf8(SURNAME)),
    "xz": lzma.compress(utf8(SURNAME)),
    "base64 of gzip": base64.b64encode(gzip.compress(utf8(SURNAME))),
    "MD5": hashlib.md5(utf8(SURNAME), usedforsecurity=False).digest(),
    "SHA-1": hashlib.sha1(utf8(SURNAME.lower()), usedforsecurity=False).digest(),
    "SHA-256": hashlib.sha256(utf8(SURNAME)).digest(),
    "SHA-256, cut": hashlib.sha256(b"9434765919").digest()[:8],
    "SHA-256 of a short value": hashlib.sha256(utf8(SHORT)).digest(),
    "SHA-256 in hex": hashlib.sha256(utf8(SURNAME)).hexdigest().encode(),
    "MD5 in base64": base64.b64encode(hashlib.md5(utf8(SURNAME), usedforsecurity=False).digest()),
    "a number, little-endian": (9434765919).to_bytes(8, "little"),
    "a number, big-endian": (9434765919).to_bytes(8, "big"),
    "a short value that fills a word": b"Smith\0\0\0",
    "zstandard": pa.compress(utf8(ADDRESS), codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("secret", PLANTS.values(), ids=PLANTS.keys())
@pytest.mark.parametrize("at", [0, 123_457, 300_002])
def test_planted_values_are_found(secret, at):
    leaks = scanned(planted(secret, at))
    assert leaks
    assert {leak.column for leak in leaks} <= {"surname", "address", "nhs_number", "forename"}
    rows = {int(leak.place.split()[1].rstrip(",")) for leak in leaks}
    assert min(abs(row - at // 400) for row in rows) <= 1


def test_the_report_never_tells_the_value():
    for leak in scanned(planted(utf8(SURNAME))):
        assert SURNAME.lower() not in str(leak).lower()


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_raise_no_alarm(seed):
    assert scanned(random_bytes(200_000, seed)) == []


def test_how_short_a_value_may_be_follows_from_chance():
    few = new_scan(1_000)
    many = new_scan(10**9)
    assert few.least_text < many.least_text <= 8


def digest(text):
    return hashlib.sha256(text.encode()).digest()


def test_eight_bytes_prove_nothing_where_chance_writes_them_and_nine_do_and_so_do_many_places():
    # As if these bytes were a small part of a package for a nation, with as many bytes and values as that has.
    expected = 10**17

    def found(*secrets):
        data = random_bytes()
        for place, secret in enumerate(secrets):
            data[4_000 * (place + 1) :][: len(secret)] = np.frombuffer(secret, np.uint8)
        scan = new_scan(expected)
        scan.scan(data, lambda at: f"row {at // 400}")
        return {leak.place for leak in scan.leaks(values)}, scan.unproved

    surname = digest(SURNAME)
    assert found(surname[:8]) == (set(), 1)
    assert found(surname[:8], surname[:12]) == ({"row 20"}, 1)
    places, unproved = found(*[surname[:8]] * 8)
    assert (len(places), unproved) == (8, 0)
    # In a small package one place is enough.
    assert scanned(planted(surname[:8]))


def test_short_values_are_found_inside_text_where_chance_has_no_part():
    data = planted(base64.b64encode(b"name=Smith;"))
    assert scanned(data)


def test_an_empty_feed_and_empty_data_are_clean():
    scan = LeakScan(expected_bytes=10)
    scan.add(pa.array([None], pa.string()))
    scan.scan(np.zeros(0, np.uint8), str)
    scan.scan(np.zeros(10, np.uint8), str)
    assert scan.leaks(values) == []
    assert scan.bytes_scanned == 10


def test_values_are_read_again_only_on_suspicion():
    scan = new_scan(400_000)
    scan.scan(random_bytes(), str)

    def never():
        raise AssertionError

    assert scan.leaks(never) == []


def test_values_come_before_bytes():
    scan = new_scan(10)
    scan.scan(np.zeros(10, np.uint8), str)
    with pytest.raises(RuntimeError, match="before bytes"):
        scan.add(pa.array(["late"]))


def test_a_placeholder_of_zeros_is_no_missing_value_and_no_bucket():
    def placeholders():
        return iter([("number", pa.array(["0000000000", "0000000012", "000-000-0007", "20250624"]))])

    scan = LeakScan(expected_bytes=400)
    for _, column in placeholders():
        scan.add(column)
    scan.scan(np.arange(400, dtype="<u8").view(np.uint8), str)
    assert scan.leaks(placeholders) == []


BORN = "2024-03-17"


def rows_of_code_and_bucket(secret, at):
    """A code of eight random bytes and a bucket in each row, with a secret somewhere in the first row."""
    data = random_bytes(16 * 100).reshape(100, 16)
    data[:, 8:] = np.arange(100, dtype="<u8").view(np.uint8).reshape(100, 8)
    data[0, at : at + len(secret)] = np.frombuffer(secret, np.uint8)
    return data.reshape(-1)


def leaks_among_columns(data, column_bytes):
    def dates():
        return iter([("birth_date", pa.array([BORN])), ("forename", pa.array(["Lily"]))])

    # Among so many bytes no name of four letters is looked for by itself.
    scan = LeakScan(expected_bytes=10**10)
    for _, column in dates():
        scan.add(column)
    scan.scan(data, str, lambda at: column_bytes - at % column_bytes)
    return scan.leaks(dates)


@pytest.mark.parametrize("secret", [(20240317).to_bytes(8, "little"), b"Lily\0\0\0\0"])
def test_a_filled_value_is_found_within_a_column_and_not_across_two(secret):
    whole = leaks_among_columns(rows_of_code_and_bucket(secret, 0), 8)
    assert {leak.place for leak in whole} == {"0"}
    # Half a code and half a bucket: chance writes this in one of some ten thousand rows.
    assert leaks_among_columns(rows_of_code_and_bucket(secret, 5), 8) == []
    wide = leaks_among_columns(rows_of_code_and_bucket(secret, 5), 16)
    assert {leak.place for leak in wide} == {"5"}


def test_a_number_of_every_other_byte_counts_within_a_column_only():
    number = (20240317).to_bytes(8, "little").decode("latin-1").encode("utf-16-le")
    data = random_bytes(16 * 100)
    data[160:176] = np.frombuffer(number, np.uint8)
    assert [leak.place for leak in leaks_among_columns(data, 16)] == ["160, inside every other byte (UTF-16)"]
    assert leaks_among_columns(data, 8) == []
