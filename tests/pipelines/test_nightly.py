"""A night as the scheduler runs it: what arrives is loaded in order, linked, published and archived, or named."""

import dataclasses
import json
import resource
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from nights_on_disk import arrive, partition, read_feed, seal, with_operations
from project_on_disk import SOURCES, Project, make_keys

from linkage.exchange.specification import default_specification_text
from linkage.index import open_index, open_published
from pipelines import simulate
from pipelines.at_source import encode
from pipelines.at_unit import init, link, load, nightly
from pipelines.at_unit.nights.report_file import read_report

CLI = Path(__file__).parents[2] / "cli.py"


@pytest.fixture(scope="module")
def first_night(tmp_path_factory):
    """Three snapshots of 120 children, loaded and linked by the first night."""
    project = Project(tmp_path_factory.mktemp("first-night"))
    simulate.run(project.folder / "feeds", 120, seed=5, formats=("csv",), workers=1)
    project.spec.write_text(default_specification_text(), encoding="utf-8")
    with_operations(project)
    make_keys(project)
    (project.folder / "packages").mkdir()
    for source in SOURCES:
        encode.run(project.job(source))
    init.run(project.index, project.spec)
    arrive(project, *(project.package(source) for source in SOURCES))
    summary = nightly.run(job(project))
    assert summary.exit_status == 0
    return project


@pytest.fixture
def project(first_night, tmp_path):
    return first_night.copy(tmp_path / "project")


def job(project, **changes):
    return nightly.NightlyJob(project.index, project.folder / "inbox", project.unit_keys, **changes)


def second_night(project):
    """School deletes two, changes two and brings back one anew; the GP changes three."""
    school, gp = read_feed(project, "school"), read_feed(project, "gp")
    moved = school.iloc[2:4].assign(postcode="ZZ1 1AA")
    doubled = school.iloc[[6]].assign(pupil_ref="NEW00001")
    renamed = gp.iloc[:3].assign(given_name="Wilhelmina")
    return [
        seal(project, "school", pd.concat([moved, doubled]), "s2", deleted=school["pupil_ref"].iloc[:2]),
        seal(project, "gp", renamed, "g2"),
    ]


def test_the_first_night_fits_and_archives(first_night):
    report = read_report(first_night.index, 1)
    assert (report["kind"], report["linking"], report["outcome"]) == ("nightly", "full", "published")
    assert not list((first_night.folder / "inbox").glob("*.cip"))
    archived = sorted(path.parent.name for path in (first_night.index / "archive").rglob("*.cip"))
    assert archived == sorted(SOURCES)


def test_the_second_night_links_what_is_new_to_the_partition_of_a_full_build(project, tmp_path):
    packages = second_night(project)
    arrive(project, *packages)
    summary = nightly.run(job(project))
    assert summary.exit_status == 0
    assert summary.report["linking"] == "incremental"
    came = {package["source"]: package for package in summary.report["arrived"]}
    assert (came["school"]["new"], came["school"]["changed"], came["school"]["deleted"]) == (1, 2, 2)
    assert came["gp"]["changed"] == 3
    by_nights = partition(project.index)
    model = tmp_path / "model.json"
    link.run(link.LinkJob(project.index, save_model=model))
    assert partition(project.index) == by_nights
    # And the same in an index that never knew the first night apart from the second.
    shutil.rmtree(project.index)
    init.run(project.index, project.spec)
    load.run(project.index, [*(project.package(s) for s in SOURCES), *packages], project.unit_keys)
    link.run(link.LinkJob(project.index, model=model))
    assert partition(project.index) == by_nights


def test_an_index_goes_back_to_a_copy_and_takes_the_packages_since(project, run_command, tmp_path):
    copied = tmp_path / "copies" / "monday"
    shutil.copytree(project.index, copied)
    packages = second_night(project)
    arrive(project, *packages)
    nightly.run(job(project))
    after = partition(project.index)
    child = open_published(project.index).export().read_all().to_pylist()[0]
    run_command("lookup", project.index, child["source"], child["record_id"])
    signed = ("--keys", project.unit_keys, "--sign", tmp_path / "kept.json")
    assert run_command("audit", project.index, *signed).exit_code == 0
    project.index.rename(tmp_path / "broken")
    copied.rename(project.index)
    archived = [
        path for path in (tmp_path / "broken" / "archive").rglob("*.cip") if path.name[:6] != "000001"
    ]
    assert len(archived) == len(packages)
    arrive(project, *archived)
    assert nightly.run(job(project)).exit_status == 0
    assert partition(project.index) == after
    assert run_command("audit", project.index).exit_code == 0
    assert run_command("audit", project.index, "--checkpoint", tmp_path / "kept.json").exit_code == 3


def test_a_dry_run_says_the_same_and_changes_nothing(project):
    arrive(project, *second_night(project))
    before = {path: path.stat().st_size for path in project.index.rglob("*.words")}
    shown = nightly.run(job(project, dry_run=True))
    assert shown.report["outcome"] == "rehearsed"
    assert len(list((project.folder / "inbox").glob("*.cip"))) == 2
    assert {path: path.stat().st_size for path in before} == before
    with open_index(project.index) as index:
        assert index.open_run() is None
        assert len(index.runs()) == 1
    done = nightly.run(job(project))
    for part in ("arrived", "changes", "index", "work"):
        assert shown.report[part] == done.report[part]


def test_a_folder_called_like_a_package_is_named_and_stays(project):
    folder = project.folder / "inbox" / "gp.cip"
    folder.mkdir(parents=True)
    (folder / "note").write_text("x", encoding="utf-8")
    summary = nightly.run(job(project))
    assert summary.exit_status == 3
    assert "not a regular file" in summary.not_taken[0].reason
    assert (folder / "note").is_file()
    assert not (project.index / "refused").exists()


def test_a_link_in_the_inbox_leaves_its_content_in_the_archive(project, tmp_path):
    package = second_night(project)[0]
    elsewhere = shutil.move(package, tmp_path / "elsewhere.cip")
    (project.folder / "inbox").mkdir(exist_ok=True)
    link_to = project.folder / "inbox" / "school.cip"
    link_to.symlink_to(elsewhere)
    assert nightly.run(job(project)).exit_status == 0
    assert not link_to.is_symlink()
    archived = next((project.index / "archive" / "school").glob("000002-*.cip"))
    assert not archived.is_symlink()
    assert archived.read_bytes() == elsewhere.read_bytes()


def test_a_missing_night_is_named_and_waits(project):
    early = second_night(project)[0]
    school = read_feed(project, "school")
    late = seal(project, "school", school.iloc[5:6].assign(postcode="ZZ9 9ZZ"), "s3")
    arrive(project, late)
    summary = nightly.run(job(project))
    assert summary.exit_status == 3
    assert summary.report is None
    assert "of school comes too early: package 2 is missing" in summary.faults()[0]
    assert "a snapshot" in summary.faults()[0]
    assert (project.folder / "inbox" / "s3.cip").exists()
    # File names and times say nothing about the order: the numbers do.
    arrive(project, early)
    summary = nightly.run(job(project))
    assert [package["sequence"] for package in summary.report["arrived"]] == [2, 3]
    assert summary.exit_status == 0


def test_a_snapshot_is_taken_though_a_package_before_it_was_refused(project):
    school = read_feed(project, "school")
    refused = seal(project, "school", school.iloc[2:4].assign(postcode="ZZ1 1AA"), "s2")
    refused.write_bytes(refused.read_bytes()[:-100])
    inbox = arrive(project, refused)
    assert nightly.run(job(project)).not_taken[0].outcome == "refused"
    arrive(project, seal(project, "school", school.iloc[1:], "s3", kind="snapshot"))
    summary = nightly.run(job(project))
    assert (summary.exit_status, summary.report["arrived"][0]["sequence"]) == (0, 3)
    assert summary.report["arrived"][0]["deleted"] == 1
    assert not list(inbox.glob("*.cip"))


def test_a_repeated_an_older_and_a_broken_package_are_put_aside_and_others_are_taken(project):
    school, gp = second_night(project)
    inbox = arrive(project, school, gp)
    (inbox / "cut.cip").write_bytes(gp.read_bytes()[:-100])
    (inbox / "again.cip").write_bytes(project.package("school").read_bytes())
    summary = nightly.run(job(project))
    assert summary.exit_status == 3
    assert {told.file: told.outcome for told in summary.not_taken} == {
        "cut.cip": "refused",
        "again.cip": "repeated",
    }
    assert summary.report["outcome"] == "published"
    assert len(summary.report["arrived"]) == 2
    aside = {path.name.split("-")[0]: path for path in (project.index / "refused").glob("*.txt")}
    assert "cut short" in aside["cut"].read_text()
    assert "earlier run" in aside["again"].read_text()
    assert not list(inbox.glob("*.cip"))
    assert read_report(project.index, summary.report["run"])["not_taken"][0]["file"] in (
        "cut.cip",
        "again.cip",
    )


def test_a_deletion_of_a_record_that_never_was(project):
    gp = read_feed(project, "gp")
    arrive(project, seal(project, "gp", gp.iloc[:1], "g2", deleted=["NOBODY-1", "NOBODY-2"]))
    rehearsed = nightly.run(job(project, dry_run=True))
    summary = nightly.run(job(project))
    for each in (rehearsed, summary):
        assert each.exit_status == 3
        assert "deletes 2 records that are not in the index" in each.faults()[0]
        assert "NOBODY" not in each.faults()[0]
    assert len(open_published(project.index).runs()) == 1


def test_a_source_key_that_is_not_trusted(project):
    arrive(project, *second_night(project))
    (project.unit_keys / "trusted" / "source-gp.pub").unlink()
    summary = nightly.run(job(project))
    assert summary.exit_status == 3
    assert "trust" in summary.faults()[0]
    assert [package["source"] for package in summary.report["arrived"]] == ["school"]


def test_a_night_killed_before_archiving_is_finished(project, monkeypatch):
    packages = second_night(project)
    arrive(project, *packages)
    with monkeypatch.context() as patched:
        patched.setattr(nightly, "clear_inbox", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            nightly.run(job(project))
    published = partition(project.index)
    summary = nightly.run(job(project))
    assert (summary.exit_status, summary.report) == (0, None)
    assert not list((project.folder / "inbox").glob("*.cip"))
    assert partition(project.index) == published


def test_a_second_night_at_once_is_told_who_holds_the_index(project, run_command):
    inbox = arrive(project)
    with open_index(project.index, command="childindex nightly by somebody"):
        result = run_command("nightly", project.index, inbox, "--keys", project.unit_keys)
    assert result.exit_code == 3
    assert "childindex nightly by somebody" in result.stderr


def test_the_command_tells_machines_and_people(project, run_command, tmp_path):
    inbox = arrive(project, *second_night(project))
    (inbox / "bad.cip").write_bytes(b"nothing")
    metrics = tmp_path / "childindex.prom"
    options = ("--keys", project.unit_keys, "--json", "--log-json", "--metrics", metrics)
    result = run_command("nightly", project.index, inbox, *options)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["report"]["outcome"] == "published"
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert {"stage_finished", "refused", "finished"} <= {line["event"] for line in lines}
    text = metrics.read_text()
    # Another user collects it, whatever the umask of a service is.
    assert stat.S_IMODE(metrics.stat().st_mode) == 0o644
    assert "childindex_nightly_exit_status 3.0" in text
    assert 'childindex_packages_not_taken{outcome="refused"} 1.0' in text
    assert 'childindex_records{source="gp"}' in text
    # What stops it is told in the log, which has nothing else.
    given = ("nightly", project.index, project.folder / "no-inbox", "--keys", project.unit_keys, "--log-json")
    (line,) = run_command(*given).stderr.splitlines()
    assert {"event": "failed", "exit_status": 3, "error": "InputRefused"}.items() <= json.loads(line).items()
    assert "expected the folder in which packages arrive" in json.loads(line)["reason"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(nightly, "run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        stopped = run_command("nightly", project.index, inbox, *options)
    assert (stopped.exit_code, json.loads(stopped.stderr)["exit_status"]) == (130, 130)
    assert "childindex_nightly_exit_status 130.0" in metrics.read_text()
    # The next night has nothing to do, and says so.
    result = run_command("nightly", project.index, inbox, "--keys", project.unit_keys, "--metrics", metrics)
    assert result.exit_code == 0
    assert "nothing new" in result.stdout
    assert "childindex_nightly_exit_status 0.0" in metrics.read_text()


def test_what_cannot_be_is_told_before_the_night(project, run_command, tmp_path):
    inbox = arrive(project, *second_night(project))
    command = ("nightly", project.index, inbox, "--keys", project.unit_keys)
    before = run_command("runs", project.index).stdout
    assert run_command(*command, "--metrics", tmp_path / "no" / "metrics.prom").exit_code == 3
    for also in ("--dry-run", "--refit"):
        refused = run_command(*command, "--accept", 1, "--reason", "right", also)
        assert refused.exit_code == 2
        assert "leave --dry-run and --refit out" in refused.stderr
    assert run_command("runs", project.index).stdout == before
    assert any(inbox.iterdir())


def test_an_inbox_that_is_not_there(project):
    with pytest.raises(Exception, match="folder in which packages arrive"):
        nightly.run(dataclasses.replace(job(project), inbox=project.folder / "nowhere"))


def limited(project, **limits):
    """The index under limits of its own, which are no part of the fingerprint."""
    path = project.index / "specification.toml"
    written = "".join(f"{name} = {value}\n" for name, value in {"fewest_records": 0, **limits}.items())
    path.write_text(path.read_text() + f"\n[breaker]\n{written}")


def test_a_bad_night_is_kept_back_until_a_person_accepts_it(project, run_command):
    limited(project, feed_shrinks=0.05)
    school = read_feed(project, "school")
    gone = school["pupil_ref"].iloc[: len(school) // 2]
    inbox = arrive(project, seal(project, "school", school.iloc[:0], "s2", deleted=gone))
    before = partition(project.index)
    options = (project.index, inbox, "--keys", project.unit_keys)
    assert run_command("nightly", *options, "--dry-run").exit_code == 4
    result = run_command("nightly", *options)
    assert result.exit_code == 4, result.stderr
    assert "feed_change of school: -0.5" in result.stderr
    assert partition(project.index) == before
    assert read_report(project.index, 2)["outcome"] == "refused"
    # Again: the same refusal, and nothing else happens to the run.
    assert run_command("nightly", *options).exit_code == 4
    listed = json.loads(run_command("runs", project.index, "--json").stdout)
    assert [run["status"] for run in listed] == ["published", "refused"]
    wrong = run_command("nightly", *options, "--accept", 1, "--reason", "no")
    assert wrong.exit_code == 3
    assert "run 2 is kept back" in wrong.stderr
    assert run_command("nightly", *options, "--accept", 2).exit_code == 2
    done = run_command("nightly", *options, "--accept", 2, "--reason", "a school closed", "--by", "Mx Duty")
    assert done.exit_code == 0, done.stderr
    assert partition(project.index) != before
    report = read_report(project.index, 2)
    assert (report["outcome"], report["breaker"]["accepted"]["reason"]) == ("accepted", "a school closed")
    assert open_published(project.index).runs()[-1]["reason"] == "accepted by Mx Duty: a school closed"
    entry = json.loads((project.index / "log" / "000000000001.log").read_text().splitlines()[-1])
    assert (entry["kind"], entry["requester"], entry["run"]) == ("accept", "Mx Duty", 2)


def test_linking_by_hand_is_kept_back_too(project, run_command):
    limited(project, feed_shrinks=0.05)
    school = read_feed(project, "school")
    package = seal(project, "school", school.iloc[:0], "s2", deleted=school["pupil_ref"].iloc[:60])
    load.run(project.index, [package], project.unit_keys)
    result = run_command("link", project.index)
    assert result.exit_code == 4
    assert "--accept 2" in result.stderr


def test_undoing_a_night_and_loading_it_again(project, run_command):
    packages = second_night(project)
    before = partition(project.index)
    arrive(project, *packages)
    nightly.run(job(project))
    after = partition(project.index)
    result = run_command("undo", project.index, 2, "--reason", "wrong feed", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["undone"]["runs"] == [2]
    assert partition(project.index) == before
    told = run_command("runs", project.index).stdout
    assert told.splitlines()[-1] == "run 3: undone by an operator: wrong feed"
    assert all(len(line) <= 80 for line in told.splitlines())
    # The packages lie in the archive and can be taken again.
    inbox = project.folder / "inbox"
    for path in (project.index / "archive").rglob("000002-*.cip"):
        path.rename(inbox / path.name)
    summary = nightly.run(job(project))
    assert (summary.exit_status, summary.report["linking"]) == (0, "incremental")
    assert partition(project.index) == after
    assert run_command("undo", project.index, 2, "--reason", "again").exit_code == 3


def in_a_process(project, **options):
    command = [sys.executable, str(CLI), "nightly", str(project.index), str(project.folder / "inbox")]
    return subprocess.Popen(
        [*command, "--keys", str(project.unit_keys)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        **options,
    )


def in_the_middle(project):
    """A process of its own, whose first records are on the disk."""
    columns = list((project.index / "columns").glob("*.words"))
    size = sum(path.stat().st_size for path in columns)
    process = in_a_process(project)
    while process.poll() is None and sum(path.stat().st_size for path in columns) == size:
        time.sleep(0.002)
    return process


def finished(project):
    """Run the night again, here; the children, and those that the same night gives on a copy that nobody disturbed."""
    summary = nightly.run(job(project))
    assert summary.exit_status == 0
    assert not list((project.folder / "inbox").glob("*.cip"))
    return partition(project.index)


@pytest.fixture
def undisturbed(project, tmp_path):
    arrive(project, *second_night(project))
    other = project.copy(tmp_path / "undisturbed")
    return project, finished(other)


def test_a_night_that_is_killed_is_finished_by_the_same_command(undisturbed):
    project, expected = undisturbed
    before = partition(project.index)
    process = in_the_middle(project)
    process.kill()
    process.communicate()
    assert partition(project.index) in (before, expected)
    assert finished(project) == expected


def test_a_disk_that_is_full_leaves_yesterday_and_the_same_command_finishes(undisturbed):
    project, expected = undisturbed
    before = partition(project.index)
    largest = max(path.stat().st_size for path in (project.index / "columns").glob("*.words"))

    def no_file_grows() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))

    process = in_a_process(project, preexec_fn=no_file_grows)
    _, told = process.communicate()
    assert process.returncode == 1, told
    assert b"Traceback" not in told
    assert partition(project.index) == before
    assert finished(project) == expected


@pytest.fixture
def small_disk(undisturbed, tmp_path):
    """The project with its index on a file system of its own, which has 64 KiB left; and how to enlarge it."""
    project, expected = undisturbed
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_blocks * 512 for path in project.index.rglob("*")) + (1 << 16)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here; the test with a limit on files stands for it")
    try:
        shutil.copytree(project.index, disk / "index")
        shutil.rmtree(project.index)
        project.index.symlink_to(disk / "index")
        yield (
            project,
            expected,
            lambda: subprocess.run(["mount", "-o", "remount,size=500m", str(disk)], check=True),
        )
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_small_file_system_that_is_full_is_named(small_disk):
    project, expected, enlarge = small_disk
    before = partition(project.index)
    process = in_a_process(project)
    _, told = process.communicate()
    assert process.returncode == 1, told
    assert b"Traceback" not in told
    assert b"the disk is full" in told
    assert b"repeat the command" in told
    # A night adds little to what is published, so it may be the report behind it that finds no room.
    assert partition(project.index) in (before, expected)
    enlarge()
    assert finished(project) == expected


def test_a_night_whose_memory_gives_out_leaves_yesterday_and_the_same_command_finishes(undisturbed):
    project, expected = undisturbed
    before = partition(project.index)
    process = in_the_middle(project)
    # From here on nothing more is to be had: what the night holds it keeps.
    held = int(Path(f"/proc/{process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(process.pid, resource.RLIMIT_AS, (held, held))
    _, told = process.communicate()
    assert process.returncode != 0
    if process.returncode == 1:
        assert b"memory" in told
        assert b"Traceback" not in told
    assert partition(project.index) == before
    assert finished(project) == expected
