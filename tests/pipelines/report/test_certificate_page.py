"""The officer's certificate in a real browser: the verdict comes first, and nothing of a key or a record is on it."""

import dataclasses

import pandas as pd
import pytest
from browser_pages import look_and_check, opened

from encoders.attacks.outcome import AttackResult
from pipelines.at_source import verify
from pipelines.at_source.certificate import certificate_page
from pipelines.report import write_page


@pytest.fixture(scope="module")
def certificate(encoded, tmp_path_factory):
    """What the unit sees of a package: everything that needs no plaintext."""
    job = verify.VerifyJob(encoded.package("gp"), specification=encoded.spec, keys=encoded.unit_keys)
    path = tmp_path_factory.mktemp("certificate") / "gate.html"
    write_page(path, certificate_page(verify.run(job)))
    return path


def test_the_worst_attack_is_one_that_is_judged(encoded):
    """What the specification accepts by name has no limit, and would stand as the worst beside every pass."""
    package = encoded.package("gp")
    report = verify.run(verify.VerifyJob(package, specification=encoded.spec, keys=encoded.unit_keys))
    accepted = AttackResult("frequency alignment", "cohort.birth_date", "counts", 1000, 990, 0.05, 0.0)
    judged = AttackResult("frequency alignment", "block.upn", "counts", 1000, 3, 0.001, 0.0)
    text = certificate_page(dataclasses.replace(report, attacks=(accepted, judged)))
    card = text[text.index("Worst attack with a limit") :]
    assert card.index("0.30%") < card.index("99.00%")
    assert "e+0" not in text[text.index("What was checked") :]


def test_the_verdict_comes_first(browser, certificate):
    with opened(browser, certificate) as page:
        verdict, table = page.locator(".verdict").first, page.locator("table").first
        assert verdict.bounding_box()["y"] < table.bounding_box()["y"]


def test_it_looks_right_and_is_accessible(browser, certificate):
    look_and_check(browser, certificate, "certificate")


def test_no_record_and_no_key_is_on_it(certificate, encoded):
    text = certificate.read_text(encoding="utf-8")
    ids = pd.read_parquet(encoded.id_map("gp"))
    assert not any(value in text for value in ids["record_id"])
    secrets = list(encoded.unit_keys.rglob("*.key"))
    assert secrets
    for path in secrets:
        held = path.read_text(errors="replace")
        assert not any(word in text for word in held.split() if len(word) >= 24)
