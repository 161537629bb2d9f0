"""How does the embedded engine compare with a Spark cluster on the same cores, files and expressions? And are the answers the same?"""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import ibis
import pyspark
from pyarrow import parquet as pq

from benchmarks.beside_pandas import files, over_files
from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, TWENTIETH, definitions, rows_of, store
from patron.adapters.engines.spark import SparkEngine
from patron.testing.shops import differing_cells, made_up_facts, memberships

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Setting
    from patron.ports.engine import Engine

_RESULTS = ("features", "flags")


def run(setting: Setting) -> list[Row]:
    """All features, scores and segments of the same Parquet files, on both."""
    customers = TINY if setting.small else TWENTIETH
    folder = files(setting.work, customers)
    rows = rows_of(store(setting.work, customers))
    ours, theirs = setting.measured(
        Case("DuckDB", "benchmarks.beside_spark:by_duckdb", {"folder": str(folder)}),
        Case("Spark", "benchmarks.beside_spark:by_spark", {"folder": str(folder), "cluster": not setting.small}),
        rounds=3,
    )
    different = sum(_different(folder, name) for name in _RESULTS)
    ratio, named = theirs.seconds / ours.seconds, f"Spark standalone, two workers: {theirs.seconds:.1f} s"
    question = f"everything for {customers:,} customers, beside Spark"
    return [
        Row(question, rows, ours.seconds, ours.peak_mb, named, ratio, "at least 5.0 times as fast", ratio >= 5),
        Row("cells that differ from Spark's", rows, theirs.seconds, 0, "the same files and expressions", different, "none", different == 0),
    ]


def _different(folder: Path, name: str) -> int:
    both = [pq.read_table(folder / f"{engine}-{name}.pq") for engine in ("duckdb", "spark")]
    return sum(differing_cells(*both).values())


def by_duckdb(folder: str) -> float:
    """Seconds of everything on the embedded engine, which reads the files where they are."""
    return _timed(over_files(Path(folder)), Path(folder), "duckdb")


def by_spark(folder: str, cluster: bool) -> float:  # noqa: FBT001  # given as JSON
    """Seconds of everything on Spark, once its workers are there and warm."""
    with TemporaryDirectory() as work, _master(Path(work)) if cluster else _here() as url:
        engine = SparkEngine(url, Path(work), partitions=8, settings={"spark.executor.memory": "2g", "spark.driver.memory": "2g"})
        try:
            engine.register_folder(Path(folder))
            events = ibis.table({"customer_id": "int64"}, name="events")
            engine.query(events.aggregate(n=events.customer_id.nunique()))
            return _timed(engine, Path(folder), "spark")
        finally:
            engine.close()


def _timed(engine: Engine, folder: Path, name: str) -> float:
    shipped, facts = definitions(), made_up_facts(engine, ENDS)
    began = perf_counter()
    memberships(engine, shipped, facts)
    took = perf_counter() - began
    schemas = {"features": shipped.catalog.schema(), "flags": {"customer_id": "int64"} | dict.fromkeys(shipped.segments.slugs, "boolean")}
    for table, schema in schemas.items():
        pq.write_table(engine.query(ibis.table(schema, name=table)), folder / f"{name}-{table}.pq")
    return took


@contextmanager
def _here() -> Iterator[str]:
    yield "local[2]"


@contextmanager
def _master(work: Path) -> Iterator[str]:
    """A standalone cluster of a master and two workers with a core each, on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    worker = (
        "worker.Worker",
        "--cores",
        "1",
        "--memory",
        "2g",
        "--webui-port",
        "0",
        "--host",
        "127.0.0.1",
        "--work-dir",
        str(work / "executors"),
    )
    started = [_started("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")]
    try:
        _wait_for(port)
        started += [_started(*worker, url) for _ in range(2)]
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=60)


def _started(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *arguments]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for(port: int) -> None:
    for _ in range(120):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.5)
    raise RuntimeError("The master of the cluster did not start.")
