"""A Singer target: the marks upserted by their key. Arguments: host (a folder for a socket), user, database, file of marks."""

import json
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

_STRING, _INTEGER = {"type": ["string"]}, {"type": ["integer"]}
SCHEMA = {
    "type": "SCHEMA",
    "stream": "mark",
    "key_properties": ["provider", "mark"],
    "schema": {
        "type": "object",
        "properties": {
            "provider": _STRING, "mark": _INTEGER, "group_id": _STRING, "person": _STRING, "day": {"type": ["string"], "format": "date"},
            "status": _STRING,
        },
    },
}  # fmt: skip


def main(host: str, user: str, database: str, path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "config.json")
        url = f"postgresql+psycopg://{user}@/{database}?host={quote(host, safe='')}"
        settings = {"sqlalchemy_url": url, "add_record_metadata": False, "activate_version": False, "default_target_schema": "public"}
        config.write_text(json.dumps(settings), encoding="utf-8")
        messages = Path(folder, "messages.jsonl")
        count = 0
        with open(path, encoding="utf-8") as marks, messages.open("w", encoding="utf-8") as file:
            file.write(json.dumps(SCHEMA) + "\n")
            for line in marks:
                file.write(json.dumps({"type": "RECORD", "stream": "mark", "record": json.loads(line)}) + "\n")
                count += 1
        target = Path(sys.executable).with_name("target-postgres")
        begun = time.perf_counter()
        with messages.open(encoding="utf-8") as file:
            done = subprocess.run([str(target), "--config", str(config)], stdin=file, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    told = version("meltanolabs-target-postgres")
    print(json.dumps({"seconds": seconds, "items": count, "version": told, "what": "upsert by key, PostgreSQL, its start included"}))


main(*sys.argv[1:])
