"""The plain comparison of two files at one threshold."""

import base64
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def dice(a, b):
    return 2 * np.bitwise_count(a & b).sum() / (np.bitwise_count(a).sum() + np.bitwise_count(b).sum())


@pytest.fixture
def filters():
    draw = np.random.default_rng(4)
    left = draw.integers(0, 2**63, (30, 16), dtype=np.uint64) & draw.integers(
        0, 2**63, (30, 16), dtype=np.uint64
    )
    right = left[10:] ^ (draw.integers(0, 2**63, (20, 16), dtype=np.uint64) & left[:20] & left[10:])
    return left, right


def write_clks(path, filters):
    path.write_text(json.dumps({"clks": [base64.b64encode(row.tobytes()).decode() for row in filters]}))


def test_clk_files(filters, tmp_path, run_command):
    left, right = filters
    write_clks(tmp_path / "a.json", left)
    write_clks(tmp_path / "b.json", right)
    out = tmp_path / "pairs.csv"
    result = run_command(
        "compare", tmp_path / "a.json", tmp_path / "b.json", "--threshold", 0.7, "--out", out, "--json"
    )
    assert result.exit_code == 0, result.output
    expected = {(i, j) for i, a in enumerate(left) for j, b in enumerate(right) if dice(a, b) >= 0.7}
    pairs = pd.read_csv(out)
    assert set(zip(pairs["left_id"], pairs["right_id"], strict=True)) == expected
    assert json.loads(result.stdout)["pairs"] == len(expected) > 0


def test_a_file_with_itself_gives_each_pair_once(filters, tmp_path, run_command):
    left, _ = filters
    both = np.concatenate([left, left])
    table = pa.table({"record_id": [f"r{i}" for i in range(60)], "clk": [row.tobytes() for row in both]})
    pq.write_table(table, tmp_path / "a.parquet")
    out = tmp_path / "pairs.parquet"
    same = tmp_path / "a.parquet"
    assert run_command("compare", same, same, "--threshold", 1, "--out", out).exit_code == 0
    pairs = pd.read_parquet(out)
    assert {frozenset(pair) for pair in zip(pairs["left_id"], pairs["right_id"], strict=True)} == {
        frozenset((f"r{i}", f"r{i + 30}")) for i in range(30)
    }


def test_two_packages(encoded, tmp_path, run_command):
    out = tmp_path / "pairs.parquet"
    arguments = (encoded.package("gp"), encoded.package("school"), "--threshold", 1, "--out", out)
    keys = ("--spec", encoded.spec, "--keys", encoded.unit_keys)
    result = run_command("compare", *arguments, *keys, "--filter", "nhs")
    assert result.exit_code == 3
    assert "Name one with --filter" in result.stderr
    assert run_command("compare", *arguments, *keys, "--filter", "forename").exit_code == 0
    pairs = pd.read_parquet(out)
    feeds = [pd.read_csv(encoded.feed(source), dtype=str) for source in ("gp", "school")]
    names = [
        frame.set_index(key)[name].str.lower()
        for frame, key, name in zip(
            feeds, ("patient_id", "pupil_ref"), ("given_name", "legal_forename"), strict=True
        )
    ]
    maps = [
        pd.read_parquet(encoded.id_map(s)).set_index("record_id")["feed_record_id"] for s in ("gp", "school")
    ]
    equal = names[0][maps[0][pairs["left_id"]]].to_numpy() == names[1][maps[1][pairs["right_id"]]].to_numpy()
    assert len(pairs) > 100
    assert equal.mean() > 0.9


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"--threshold": 0}, "above 0"),
        ({"--threshold": 1.5}, "at most 1"),
        ({"--out": "pairs.txt"}, ".parquet or .csv"),
    ],
)
def test_what_cannot_be_compared(filters, tmp_path, run_command, change, expected):
    write_clks(tmp_path / "a.json", filters[0])
    options = {"--threshold": 0.8, "--out": "pairs.csv"} | change
    options["--out"] = tmp_path / options["--out"]
    flat = [part for option in options.items() for part in option]
    result = run_command("compare", tmp_path / "a.json", tmp_path / "a.json", *flat)
    assert result.exit_code == 3
    assert expected in result.stderr


def test_filters_of_two_widths_are_refused(filters, tmp_path, run_command):
    write_clks(tmp_path / "a.json", filters[0])
    write_clks(tmp_path / "b.json", filters[1][:, :8])
    options = ("--threshold", 0.8, "--out", tmp_path / "p.csv")
    result = run_command("compare", tmp_path / "a.json", tmp_path / "b.json", *options)
    assert result.exit_code == 3
    assert "1024 bits" in result.stderr
    (tmp_path / "c.json").write_text("[]")
    assert run_command("compare", tmp_path / "a.json", tmp_path / "c.json", *options).exit_code == 3
    assert run_command("compare", tmp_path / "a.json", tmp_path / "no.json", *options).exit_code == 3
