"""dlt: the marks merged into a table by their key. Arguments: host (a folder for a socket), user, database, file of marks."""

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from urllib.parse import quote

os.environ["DLT_DATA_DIR"] = tempfile.mkdtemp(prefix="bench-dlt-")
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"

import dlt


def main(host: str, user: str, database: str, path: str) -> None:
    with open(path, encoding="utf-8") as file:
        marks = [json.loads(line) for line in file]
    destination = dlt.destinations.postgres(
        credentials={"host": quote(host, safe=""), "username": user, "password": "-", "database": database, "port": 5432}
    )
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="bench")
    resource = dlt.resource(marks, name="mark", write_disposition="merge", primary_key=["provider", "mark"])
    begun = time.perf_counter()
    pipeline.run(resource)
    seconds = time.perf_counter() - begun
    with pipeline.sql_client() as client, client.execute_query("SELECT count(*) FROM mark") as cursor:
        stored = cursor.fetchone()[0]
    if stored != len(marks):
        raise SystemExit(f"{stored} of {len(marks)} marks are there")
    print(json.dumps({"seconds": seconds, "items": len(marks), "version": version("dlt"), "what": "merge by primary key, PostgreSQL"}))


main(*sys.argv[1:])
