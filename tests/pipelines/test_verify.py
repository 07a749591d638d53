"""The gate: what is clean passes, whatever is planted is found, and the verdict is signed."""

import dataclasses
import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest

from encoders.attacks.suite import AttackPlan
from encoders.gate.attack_findings import GateAttacks
from encoders.gate.certificate import report_digest
from encoders.gate.findings import Verdict, rate_at_most
from encoders.keys.source_keys import load_source_keys
from linkage.exchange.errors import KeyRefused, PackageRefused, SpecificationRefused
from linkage.exchange.manifest import ManifestDraft
from linkage.exchange.package_reader import open_package, package_digest
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.records import RecordFlag
from linkage.exchange.specification import default_specification_text, read_specification
from linkage.exchange.unit_keys import load_unit_public
from pipelines.at_source import encode, verify
from pipelines.at_source.certified import write_certificate
from pipelines.at_source.verify_at_source import expectation
from pipelines.at_source.verify_text import refusal_text, report_text
from pipelines.at_unit import init, load

RECORDS = 120
SMALL = GateAttacks(
    plan=AttackPlan(matching_people=50, seeds=(10,), known=(40,), targets=40, dictionary=RECORDS)
)
# Of so few records a handful is named by chance.
LIMITS = (
    "limits = { least_records = 100, components = 0.2, frequency = 0.2, graph_matching = 0.3, known_pairs = 0.7,"
    " least_k = 1 }"
)


@pytest.fixture(scope="module")
def private(prepared, tmp_path_factory):
    """The private profile with buckets for few records, and a package of as many records of the GPs."""
    project = prepared.copy(tmp_path_factory.mktemp("private"))
    feed = project.feed("gp")
    feed.write_text("".join(feed.read_text().splitlines(keepends=True)[: RECORDS + 1]))
    text = re.sub(r"buckets = \d+", "buckets = 4", default_specification_text("children_private"))
    project.spec.write_text(text.replace("[privacy]\n", f"[privacy]\n{LIMITS}\n"))
    # Asks for more records than there are, so that no time is spent on attacks where they are not the point.
    quick(project).write_text(project.spec.read_text().replace("least_records = 100", "least_records = 5000"))
    encode.run(project.job("gp"))
    return project


def quick(project):
    return project.folder / "quick.toml"


def job(project, **changes):
    settings = {
        "package": project.package("gp"),
        "specification": quick(project),
        "keys": project.keys("gp"),
        "plaintext": project.feed("gp"),
        "attacks": SMALL,
    }
    return verify.VerifyJob(**(settings | changes))


def resealed(project, path, change=lambda records: records, **draft_changes):
    """The package of the GPs, its records changed, sealed again by its own keys."""
    specification = read_specification(project.spec)
    signer = load_source_keys(project.keys("gp"), "gp")
    with open_package(
        project.package("gp"), signer.envelope_key, {"gp": signer.public}, expectation(specification)
    ) as package:
        members = {field.name for field in dataclasses.fields(ManifestDraft)}
        told = {name: value for name, value in vars(package.manifest).items() if name in members}
        writer = PackageWriter(
            path,
            signer=signer,
            recipient=load_unit_public(project.keys("gp")).envelope_key,
            draft=ManifestDraft(**(told | draft_changes)),
            schema=specification.record_schema,
        )
        with writer:
            for records in package.batches():
                writer.write(change(records))
    return path


def refusing(report):
    """What refuses a package, but for the size that `quick` asks for."""
    return {finding.check for finding in report.refusals} - {"size"}


@pytest.fixture(scope="module")
def clean(private):
    return verify.run(job(private, specification=private.spec))


def test_a_clean_package_passes_with_every_kind_of_check(clean):
    assert clean.refusals == [], clean.refusals
    checks = {finding.check for finding in clean.findings}
    assert checks >= {
        "signature", "chunks", "columns", "chain", "same records", "encoded again", "leak scan", "metadata",
        "entropy of bits", "k of blocking keys", "crowded codes", "graph matching", "frequency alignment",
        "component sizes", "collusion bound", "similarities", "disclosure risk",
    }  # fmt: skip
    assert any(check.startswith("known pairs") for check in checks)
    # The default's names and places are salted with the year of birth.
    assert "known siblings" not in checks


def test_loosened_limits_stand_in_the_report(clean):
    loosened = clean.to_json()["loosened_limits"]
    assert set(loosened) == {
        "components", "frequency", "graph_matching", "known_pairs", "least_k", "least_records"
    }  # fmt: skip
    assert loosened["least_k"] == {"default": 5, "here": 1}


def test_the_report_holds_no_value_of_the_feed(clean, private):
    told = json.dumps(clean.to_json()).lower()
    feed = pd.read_csv(private.feed("gp"), dtype=str)
    # Long values only: a short name may be part of an ordinary word.
    values = {value.lower() for column in feed for value in feed[column].dropna() if len(value) > 7}
    assert not [value for value in values if value in told]


def test_an_outsider_sees_header_and_noise(private):
    report = verify.run(verify.VerifyJob(private.package("gp")))
    assert (report.level, report.verdict) == ("outsider", Verdict.PASS)
    assert {finding.check for finding in report.findings} == {"sealed", "noise", "not checked"}
    assert "bits of entropy a byte; they look like noise" in report_text(report)


def test_an_attack_that_refuses_is_told_with_its_limit_and_what_to_do(private):
    report = verify.run(verify.VerifyJob(private.package("gp")))
    found = (rate_at_most("known pairs, ridge", "all", 78, 1000, 0.05, "78 of 1,000 named"),)
    for text in (report_text, refusal_text):
        told = text(dataclasses.replace(report, findings=found))
        assert "known pairs, ridge, all: 78 of 1,000 named; the limit is 0.05" in told
        assert "otherwise under [privacy.limits]" in told


def test_the_unit_checks_everything_that_needs_no_plaintext(private):
    report = verify.run(job(private, keys=private.unit_keys, plaintext=None))
    assert (report.level, report.refusals) == ("unit", [])
    assert {"signature", "k of blocking keys", "entropy of bits"} <= {one.check for one in report.findings}


def test_the_unit_holds_the_chain_against_its_index(private, tmp_path, run_command):
    index = tmp_path / "index"
    init.run(index, private.spec)

    def chain(package):
        options = ("--spec", private.spec, "--keys", private.unit_keys, "--index", index, "--json")
        result = run_command("verify", package, *options)
        (finding,) = [one for one in json.loads(result.stdout)["findings"] if one["check"] == "chain"]
        return result.exit_code, finding["verdict"], finding["text"]

    second, other, later, delta = (
        resealed(private, tmp_path / f"{name}.cip", **changes)
        for name, changes in {
            "second": {"sequence": 2, "previous": package_digest(private.package("gp"))},
            "other": {"sequence": 2, "previous": "ab" * 32},
            "later": {"sequence": 4, "previous": "ab" * 32, "kind": "delta"},
            "delta": {"sequence": 2, "previous": "ab" * 32, "kind": "delta"},
        }.items()
    )
    assert chain(private.package("gp"))[:2] == (0, "pass")
    assert chain(delta)[:2] == (3, "refuse")
    load.run(index, [private.package("gp")], private.unit_keys)
    assert chain(private.package("gp"))[:2] == chain(second)[:2] == (0, "pass")
    for package, why in (
        (other, "names another as the one before it"),
        (later, "packages 2 to 3 are missing"),
    ):
        code, verdict, text = chain(package)
        assert (code, verdict) == (3, "refuse")
        assert why in text
        with pytest.raises(PackageRefused):
            load.run(index, [package], private.unit_keys)
    load.run(index, [second], private.unit_keys)
    assert "it is older" in chain(private.package("gp"))[2]
    refused = run_command("verify", second, "--index", index)
    assert refused.exit_code == 2


def plant(secret, at=10):
    """Put bytes into the words of a filter of a record that is no canary: those are judged apart."""

    def change(records):
        words = records.words.copy()
        flat = words.view(np.uint8).reshape(len(words), -1)
        row = np.flatnonzero((records.flags & RecordFlag.CANARY) == 0)[at]
        flat[row, 8 : 8 + len(secret)] = np.frombuffer(secret, np.uint8)
        return dataclasses.replace(records, words=words)

    return change


# Every guise is tried in tests/encoders/gate/test_leak_scan.py.
GUISES = {
    "as written": lambda value: value.encode(),
    "hex": lambda value: value.encode().hex().encode(),
    "SHA-256": lambda value: hashlib.sha256(value.encode()).digest(),
}


@pytest.mark.parametrize("guise", GUISES)
def test_a_planted_value_is_found_and_not_told(private, tmp_path, guise):
    feed = pd.read_csv(private.feed("gp"), dtype=str)
    value = feed["patient_id"][7]
    package = resealed(private, tmp_path / "gp.cip", plant(GUISES[guise](value)))
    report = verify.run(job(private, package=package))
    assert "leak scan" in refusing(report)
    assert "encoded again" in refusing(report)
    leak = next(finding for finding in report.refusals if finding.check == "leak scan")
    assert "patient_id" in leak.text
    assert value not in json.dumps(report.to_json())


def test_a_value_spread_over_the_rows_of_a_column_is_found(private, tmp_path):
    secret = pd.read_csv(private.feed("gp"), dtype=str)["patient_id"][3].encode().ljust(16, b"\0")

    def change(records):
        words = records.words.copy()
        words[20:22, -1] = np.frombuffer(secret[:16], "<u8")
        return dataclasses.replace(records, words=words)

    report = verify.run(job(private, package=resealed(private, tmp_path / "gp.cip", change)))
    assert any(
        finding.check == "leak scan" and " from row " in finding.target for finding in report.refusals
    ), report.refusals


def test_a_single_changed_bit_is_found(private, tmp_path):
    def change(records):
        words = records.words.copy()
        words[np.flatnonzero(records.flags == 0)[5], 0] ^= np.uint64(1)
        return dataclasses.replace(records, words=words)

    report = verify.run(job(private, package=resealed(private, tmp_path / "gp.cip", change)))
    assert refusing(report) == {"encoded again"}


def test_another_feed_is_told(private, tmp_path):
    lines = private.feed("gp").read_text().splitlines()
    shorter = tmp_path / "gp.csv"
    shorter.write_text("\n".join(lines[:-5]))
    assert "same records" in refusing(verify.run(job(private, plaintext=shorter)))


def test_a_name_in_the_purpose_or_the_file_name_is_found(private, tmp_path):
    surname = next(
        name for name in pd.read_csv(private.feed("gp"), dtype=str)["family_name"].dropna()
        if re.fullmatch("[A-Za-z]{6,}", name)
    )  # fmt: skip
    package = resealed(private, tmp_path / "gp.cip", purpose=f"the case of {surname}")
    assert "metadata" in refusing(verify.run(job(private, package=package)))
    named = tmp_path / f"{surname}.cip"
    package.rename(named)
    report = verify.run(job(private, package=named))
    assert "metadata" in refusing(report)


def test_rows_in_the_order_of_the_feed_are_told(prepared, private, tmp_path):
    # Whether ids are even takes more of them than the other tests do.
    feed = pd.read_csv(prepared.feed("gp"), dtype=str)
    feed["patient_id"] = [f"{number:032x}" for number in range(len(feed))]
    ordered = dataclasses.replace(private, folder=private.copy(tmp_path / "ordered").folder)
    feed.to_csv(ordered.feed("gp"), index=False)
    for spec in (ordered.spec, quick(ordered)):
        text = spec.read_text().replace("[sources.gp]\n", "[sources.gp]\npseudonymise = false\n")
        spec.write_text(text)
    ordered.package("gp").unlink()
    encode.run(ordered.job("gp"))
    assert {"row order", "record ids"} <= refusing(verify.run(job(ordered)))


def test_the_reference_profile_is_refused_for_what_it_leaks(encoded):
    report = verify.run(job(encoded, specification=encoded.spec))
    assert report.verdict is Verdict.REFUSE
    assert "k of blocking keys" in refusing(report)


def test_too_few_records_say_what_cannot_be_concluded(private):
    report = verify.run(job(private))
    (finding,) = report.refusals
    assert finding.check == "size"
    assert "conclude nothing" in finding.text
    assert report.attacks == ()


def test_an_unknown_limit_is_refused_with_the_nearest_name(private):
    wrong = private.folder / "wrong.toml"
    wrong.write_text(private.spec.read_text().replace("graph_matching =", "graph_match ="))
    with pytest.raises(SpecificationRefused, match="graph_matching"):
        verify.run(job(private, specification=wrong))


def test_a_folder_of_the_wrong_party_is_told_as_that(private):
    with pytest.raises(
        KeyRefused, match="the keys of a source: at the source give the feed too, with --plaintext"
    ):
        verify.run(job(private, plaintext=None))
    with pytest.raises(KeyRefused, match="found those of none; give the folder of the source's own keys"):
        verify.run(job(private, keys=private.unit_keys))


def test_what_is_no_package_is_refused(private, tmp_path):
    path = tmp_path / "gp.cip"
    path.write_bytes(b"forename,surname\n" * 200)
    assert "opening" in refusing(verify.run(verify.VerifyJob(path)))
    assert "opening" in refusing(verify.run(job(private, package=path)))


def test_a_package_of_another_source_does_not_open(private):
    assert "opening" in refusing(verify.run(job(private, keys=private.keys("school"))))


def command(project, *options):
    keys = ("--spec", project.spec, "--keys", project.keys("gp"), "--plaintext", project.feed("gp"))
    return "verify", project.package("gp"), *keys, *options


def test_the_command_writes_page_and_certificate_and_exits_3_on_refusal(private, tmp_path, run_command):
    page, certificate = tmp_path / "gate.html", tmp_path / "gate.json"
    options = ("--spec", quick(private), "--report", page, "--certificate", certificate)
    result = run_command(*command(private, *options))
    assert result.exit_code == 3, result.stderr
    assert result.stdout.startswith("REFUSED")
    text = page.read_text()
    assert text.index("Refused") < text.index("What was checked")
    assert "http" not in re.sub(r"http-equiv", "", text)
    checked = run_command("verify", certificate, "--keys", private.unit_keys, "--of", private.package("gp"))
    assert checked.exit_code == 3
    assert checked.stdout.startswith("REFUSED: the certificate is signed by source 'gp'")


def test_verify_takes_no_option_that_would_do_nothing(private, tmp_path, run_command):
    package, certificate = private.package("gp"), tmp_path / "gp.json"
    certificate.write_text("{}")
    keys = ("--keys", private.unit_keys)
    for arguments, told in (
        ((package, "--of", certificate), "--of does nothing without a certificate"),
        ((package, "--source", "gp"), "--source does nothing without --plaintext"),
        ((certificate, *keys, "--report", tmp_path / "p.html"), "--report does nothing without a package"),
        ((certificate, *keys, "--spec", private.spec), "--spec does nothing without a package"),
    ):
        refused = run_command("verify", *arguments)
        assert refused.exit_code == 2
        assert told in refused.stderr
    missing = run_command("verify", tmp_path / "typo.json", *keys)
    assert (missing.exit_code, "there is no such file" in missing.stderr) == (3, True)


def test_a_changed_certificate_is_refused(private, clean, tmp_path):
    path = tmp_path / "gate.json"
    write_certificate(path, clean, job(private))
    certificate = verify.check_certificate(path, private.unit_keys, private.package("gp"))
    assert certificate.verdict == str(clean.verdict)
    with pytest.raises(PackageRefused, match="not of the package"):
        verify.check_certificate(path, private.unit_keys, path)
    path.write_text(path.read_text().replace('"source":"gp"', '"source":"school"'))
    with pytest.raises(PackageRefused, match="signature"):
        verify.check_certificate(path, private.unit_keys)
    path.write_text("{}")
    with pytest.raises(PackageRefused, match="certificate"):
        verify.check_certificate(path, private.unit_keys)
    with pytest.raises(KeyRefused):
        verify.check_certificate(path, tmp_path)


def gated(project, spec, out):
    return encode.run(
        project.job("gp", out=out, specification=spec, gate=True, report=out.with_suffix(".html"))
    )


def test_a_gated_package_names_its_report_and_its_certificate_names_it(private, tmp_path):
    project = private.copy(tmp_path / "project")
    out = project.folder / "packages" / "second.cip"
    summary = gated(project, private.spec, out)
    signer = load_source_keys(project.keys("gp"), "gp")
    certificate_path = out.with_name("second.certificate.json")
    assert summary.to_json()["certificate"] == str(certificate_path)
    assert f"the gate lets it pass: {certificate_path}" in summary.text()
    certificate = verify.check_certificate(certificate_path, project.unit_keys, out)
    assert certificate.package == summary.digest == package_digest(out)
    expected = expectation(read_specification(project.spec))
    with open_package(out, signer.envelope_key, {"gp": signer.public}, expected) as package:
        assert package.manifest.risk_report == report_digest(certificate.report)
        assert package.manifest.sequence == summary.sequence == 2
    assert out.with_suffix(".html").read_text().count(signer.signing_key.verifying_key.fingerprint) == 1
    assert {path.name for path in out.parent.iterdir()} == {
        "gp.cip", "second.cip", "second.html", "second.certificate.json"
    }  # fmt: skip


def test_a_package_that_fails_is_not_written(private, tmp_path, run_command):
    project = private.copy(tmp_path / "project")
    out = project.folder / "packages" / "second.cip"
    before = {path for path in project.folder.rglob("*") if path.is_file()}
    options = ("--spec", quick(project), "--keys", project.keys("gp"), "--out", out, "--gate")
    result = run_command("encode", project.feed("gp"), "--source", "gp", *options)
    assert result.exit_code == 3
    assert "none was written" in result.stderr
    assert "conclude nothing" in result.stderr
    assert {path for path in project.folder.rglob("*") if path.is_file()} == before


def test_canaries_that_are_not_of_the_key_are_refused(private, tmp_path):
    def change(records):
        words = records.words.copy()
        words[records.flags == 2, 0] ^= np.uint64(4)
        return dataclasses.replace(records, words=words)

    package = resealed(private, tmp_path / "gp.cip", change)
    assert refusing(verify.run(job(private, package=package))) == {"canaries"}


def test_only_the_source_signs(private, run_command, tmp_path):
    options = ("--spec", private.spec, "--keys", private.unit_keys, "--certificate", tmp_path / "gate.json")
    result = run_command("verify", private.package("gp"), *options)
    assert result.exit_code == 3
    assert "signed by the source" in result.stderr


@pytest.mark.parametrize("options", [["--plaintext", "feed.csv"], ["--keys", "keys"]])
def test_half_of_what_is_needed_is_a_fault_of_usage(private, run_command, options):
    assert run_command("verify", private.package("gp"), *options).exit_code == 2
