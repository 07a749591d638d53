"""A cluster of Spark on this machine: a master, workers and executors, each a process of its own (``local-cluster``).

Spark keeps this mode for its own tests. It ships what a cluster ships: archives to the folders of the executors, tasks
to Python workers that know nothing of the interpreter that started them.
"""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from importlib.util import find_spec
from pathlib import Path

__all__ = ["packed_environment", "spark_environment"]

ROOT = Path(__file__).parents[1]
ARCHIVE = "environment.tar.gz"
LINKED = ("bin", "jars", "python", "sbin")


def spark_environment(folder: Path, archive: Path | None) -> dict[str, str]:
    """Variables of the environment under which a command finds the cluster's settings.

    Parameters
    ----------
    folder
        A new folder: the settings, and whatever the executors leave behind.
    archive
        From `packed_environment`: the executors run on it. None for the interpreter of the command.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise SystemExit("pyspark is not installed; get it with: pip install 'childindex[spark]'")
    # Executors work below the home of Spark: not below that of everybody.
    for name in LINKED:
        (home / name).symlink_to(Path(found.origin).parent / name)
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "8"}
    variables = {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(home / "conf"),
        "SPARK_LOCAL_DIRS": str(folder),
    }
    if archive is not None:
        settings["spark.archives"] = f"{archive}#environment"
        variables["PYSPARK_PYTHON"] = "./environment/bin/python"
        variables["PYSPARK_DRIVER_PYTHON"] = sys.executable
    (home / "conf").mkdir()
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    (home / "conf" / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    return variables


def packed_environment(folder: Path) -> Path:
    """An environment with the wheel of this tree, packed for executors.

    The libraries that it needs are those of this interpreter, by a path file: on one machine they need not travel.
    """
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    place = folder / "environment"
    venv.create(place, with_pip=False, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", "--target", packages, wheel], check=True)
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    # Compiled kernels travel too: an executor unpacks into a new folder each time, and would compile them each time.
    for compiled in (ROOT / "linkage").rglob("__pycache__/*.nb?"):
        beside = packages / compiled.parent.relative_to(ROOT)
        beside.mkdir(exist_ok=True)
        shutil.copyfile(compiled, beside / compiled.name)
    archive = folder / ARCHIVE
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add(place, arcname=".")
    return archive
