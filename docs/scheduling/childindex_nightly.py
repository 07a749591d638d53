"""An Airflow DAG for the night. Put it into the folder of DAGs; the worker needs childindex on its path. Airflow 3."""

import subprocess
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

INDEX = "/srv/childindex/national.index"
INBOX = "/srv/childindex/inbox"
KEYS = "/srv/childindex/unit-keys"
METRICS = "/var/lib/node_exporter/childindex.prom"

FAILED = 1


@dag(
    schedule="0 1 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    # One writer an index; a second one would be refused.
    max_active_runs=1,
)
def childindex_nightly():
    """Load, link and publish what has arrived in the child index."""

    @task(retries=2, retry_delay=timedelta(minutes=15), execution_timeout=timedelta(hours=4))
    def nightly():
        command = [
            "childindex",
            "nightly",
            INDEX,
            INBOX,
            "--keys",
            KEYS,
            "--metrics",
            METRICS,
            "--log-json",
            "--json",
        ]
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - our own words
        if status == FAILED or status < 0:
            # Memory, disk or a kill may pass, and the same command goes on where it ended.
            raise AirflowException(f"childindex ended with status {status}")
        if status:
            # A package was refused (3) or nothing was published (4): a person has to look, trying again is no use.
            raise AirflowFailException(f"childindex ended with status {status}: see the report of the run")

    nightly()


childindex_nightly()
