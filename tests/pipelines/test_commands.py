"""The command line's manners: exit statuses, suggestions, silence, and no value in any message."""

import json

import pytest
from numba.core.caching import CompileResultCacheImpl

from cli import main
from linkage.exchange.specification import read_specification
from linkage.kernels.compiling import kernel
from pipelines.commands.group import CommandGroup


def test_a_wrong_command_gets_a_suggestion(run_command):
    result = run_command("encod")
    assert result.exit_code == 2
    assert "Did you mean 'encode'?" in result.stderr
    assert "Did you mean 'check'?" in run_command("spec", "chek").stderr


def commands(group, path=()):
    for name, command in group.commands.items():
        if isinstance(command, CommandGroup):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


def test_every_command_has_help_with_an_example(run_command):
    for path in commands(main):
        result = run_command(*path, "--help")
        assert result.exit_code == 0
        assert f"Example: childindex {' '.join(path)}" in " ".join(result.stdout.split()), path


def test_results_go_to_standard_output_and_nothing_else(run_command, tmp_path):
    result = run_command("spec", "new", tmp_path / "spec.toml")
    assert result.exit_code == 0
    result = run_command("spec", "check", tmp_path / "spec.toml", "--json")
    assert set(json.loads(result.stdout)) == {"specification", "project", "fingerprint", "warnings"}
    assert result.stderr == ""


def test_a_feed_too_small_for_the_buckets_is_told_before_anything_is_encoded(run_command, tmp_path):
    assert run_command("spec", "new", tmp_path / "spec.toml").exit_code == 0
    told = run_command("spec", "check", tmp_path / "spec.toml", "--records", 20_000)
    assert told.exit_code == 0
    assert "childindex spec new SPEC --records 20000" in told.stdout
    assert run_command("spec", "new", tmp_path / "fitting.toml", "--records", 20_000).exit_code == 0
    for spec, records in (("fitting.toml", 20_000), ("spec.toml", 1_000_000)):
        result = run_command("spec", "check", tmp_path / spec, "--records", records, "--json")
        assert json.loads(result.stdout)["warnings"] == []


@pytest.mark.parametrize(
    "records,buckets,of_births",
    [
        (None, 32_768, 65_536),
        (59, 1, 2),
        (5_000, 64, 128),
        (5_300_000, 131_072, 131_072),
        (7_300_000, 131_072, 131_072),
        (10_500_000, 131_072, 262_144),
    ],
)
def test_buckets_follow_from_the_size_of_the_smallest_feed(
    run_command, tmp_path, records, buckets, of_births
):
    size = () if records is None else ("--records", records)
    assert run_command("spec", "new", tmp_path / "spec.toml", *size).exit_code == 0
    found: dict[str, set[int]] = {}
    for key in read_specification(tmp_path / "spec.toml").blocking_keys:
        found.setdefault(key.space_name, set()).add(key.buckets)
    # The exact token of an identifier travels beside its key.
    assert found.pop("nhs_number") == found.pop("upn") == {0}
    # A record has two keys of this space and more; a nation's names and dates run short of different values.
    assert found.pop("name_birth") == {of_births}
    assert set.union(*found.values()) == {buckets}


def test_a_specification_is_not_overwritten(run_command, tmp_path):
    (tmp_path / "spec.toml").write_text("mine")
    assert run_command("spec", "new", tmp_path / "spec.toml").exit_code == 3
    assert (tmp_path / "spec.toml").read_text() == "mine"


def test_spec_show_names_widths_and_risks(run_command, prepared):
    text = run_command("spec", "show", prepared.spec).stdout
    assert "bytes a record" in text
    assert "accepted risk" in text
    assert (
        max(len(line) for line in text.splitlines() if not line.startswith(("accepted", "  applies"))) <= 80
    )


def test_spec_show_names_fields_that_nothing_encodes(run_command, prepared, tmp_path):
    text = prepared.spec.read_text()
    assert "not encoded" not in run_command("spec", "show", prepared.spec).stdout
    more = text.replace("[fields]\n", '[fields]\nshoe_size = { kind = "number" }\n')
    (tmp_path / "more.toml").write_text(more)
    assert "read and not encoded: shoe_size\n" in run_command("spec", "show", tmp_path / "more.toml").stdout


def test_an_unforeseen_error_is_told_without_its_message(run_command, monkeypatch, prepared):
    def fail(_path):
        raise ValueError("Oliver Twist")

    monkeypatch.setattr("pipelines.specification.read_specification", fail)
    result = run_command("spec", "show", prepared.spec)
    assert result.exit_code == 1
    assert "Oliver" not in result.stderr + result.stdout
    assert "ValueError" in result.stderr


def test_without_a_place_for_compiled_code_the_remedy_is_told(run_command, monkeypatch, prepared):
    """As for a service that may write neither its own package nor a home."""
    monkeypatch.setattr(CompileResultCacheImpl, "_locator_classes", [])
    monkeypatch.setattr("pipelines.specification.read_specification", lambda _path: kernel(lambda row: row))
    result = run_command("spec", "show", prepared.spec)
    assert result.exit_code == 1
    assert "NUMBA_CACHE_DIR" in result.stderr


def test_an_interrupt_is_told(run_command, monkeypatch, prepared):
    def stop(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.specification.read_specification", stop)
    result = run_command("spec", "show", prepared.spec)
    assert result.exit_code == 130
    assert "can be run again" in result.stderr


def test_profile_gives_counts(run_command, prepared):
    arguments = ("profile", prepared.feed("gp"), "--source", "gp", "--spec", prepared.spec)
    profile = json.loads(run_command(*arguments, "--json").stdout)
    assert {field["name"] for field in profile["fields"]} >= {"forename", "birth_date", "nhs_number"}
    assert "complete" in run_command(*arguments).stdout or "every field" in run_command(*arguments).stdout


def test_profile_tells_that_the_gate_would_refuse_the_buckets(run_command, prepared, tmp_path):
    def warned(spec):
        arguments = ("profile", prepared.feed("school"), "--source", "school", "--spec", spec, "--json")
        return json.loads(run_command(*arguments).stdout)["warnings"]

    for name, records in (("large", 20_000), ("fitting", 300)):
        assert run_command("spec", "new", tmp_path / name, "--records", records).exit_code == 0
    assert warned(tmp_path / "fitting") == []
    assert any(
        "'name_birth'" in each and "childindex spec new SPEC --records 2" in each
        for each in warned(tmp_path / "large")
    )
    # Without a postcode nobody has a key over it, so its buckets are no matter.
    no_postcodes = (tmp_path / "large").read_text().replace('postcode = "postcode"', "")
    (tmp_path / "without").write_text(no_postcodes)
    assert not any("postcode" in each for each in warned(tmp_path / "without"))
    assert any("no buckets" in each and "'buckets'" in each for each in warned(prepared.spec))


@pytest.mark.parametrize("arguments", [("--children", "0"), ("--rate", "moover=0.1"), ("--rate", "mover=2")])
def test_simulate_refuses_what_cannot_be(run_command, tmp_path, arguments):
    result = run_command("simulate", tmp_path / "out", *arguments)
    assert result.exit_code in (2, 3)
    assert not (tmp_path / "out").exists()


def test_simulate_lists_its_rates(run_command):
    assert run_command("simulate").exit_code == 2
    result = run_command("simulate", "--list-rates")
    assert result.exit_code == 0
    assert "mover" in result.stdout


@pytest.mark.parametrize(
    "arguments,told",
    [
        (("link", "--lake", "there"), "--lake does nothing without --engine spark"),
        (("link", "--spark-master", "local"), "--spark-master does nothing without --engine spark"),
        (("link", "--plan", "--save-model", "m.json"), "--plan links nothing"),
        (("link", "--plan", "--labels", "l.csv"), "--plan fits nothing"),
        (("link", "--overwrite"), "--overwrite does nothing without --save-model"),
        (("tune", "--overwrite"), "--overwrite does nothing without --report"),
        (("report", "--overwrite"), "--overwrite does nothing without --report"),
        (("tune", "--who", "me"), "--who does nothing without --set-threshold"),
        (("tune", "--ids", "map.parquet"), "--ids does nothing without --truth"),
        (("tune", "--set-threshold", 3, "--truth", "t.csv"), "give it by itself"),
        (("review", "--report", "r.html", "--out", "labels.csv"), "--out does nothing without --labels-from"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(run_command, tmp_path, arguments, told):
    command, *options = arguments
    refused = run_command(command, tmp_path / "index", *options)
    assert refused.exit_code == 2
    assert told in refused.stderr
