#!/usr/bin/env python3
"""load.py FOLDER: puts the files of `cargo bench` into ClickHouse, once as OpenPanel lays them out (ch_mt) and once exploded (ch_x).

FOLDER is the folder of one size: FOLDER/files holds the Parquet files; FOLDER/ch_mt and FOLDER/ch_x are made anew.
"""
import pathlib
import shutil
import sys
import time

from chdb import session

EVENT_COLUMNS = """id String, name String, profile_id Nullable(String), device_id String, session_id String, groups Array(String),
 path String, occurred_at DateTime64(6, \\'UTC\\'), revenue Nullable(Int64), plan String, browser String, os String, country Nullable(String),
 locale Nullable(String), version Nullable(String), feature Nullable(String), button Nullable(String), duration_ms Nullable(Int64)"""

# OpenPanel gives an anonymous event the device as its profile, and every property as text.
PROFILE = "ifNull(profile_id, device_id)"
PROPERTIES = "mapFilter((k, v) -> v != '', map(%s))" % ", ".join(
    f"'{key}', ifNull(toString({key}), '')"
    for key in ("plan", "browser", "os", "country", "locale", "version", "feature", "button", "duration_ms"))

EVENTS = """CREATE TABLE events (
 id UUID, name LowCardinality(String), device_id String CODEC(ZSTD(3)), profile_id String CODEC(ZSTD(3)),
 project_id String CODEC(ZSTD(3)), session_id String CODEC(LZ4), groups Array(String) DEFAULT [] CODEC(ZSTD(3)),
 path String CODEC(ZSTD(3)), revenue UInt64, properties Map(String, String) CODEC(ZSTD(3)),
 created_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(3)),
 INDEX idx_name name TYPE bloom_filter GRANULARITY 1,
 INDEX idx_path path TYPE bloom_filter(0.01) GRANULARITY 1,
 INDEX idx_profile_id profile_id TYPE bloom_filter(0.01) GRANULARITY 1)
ENGINE = MergeTree PARTITION BY toYYYYMM(created_at) ORDER BY (project_id, toDate(created_at), created_at, name)
SETTINGS index_granularity = 8192"""

EXPLODED = """CREATE TABLE xg (
 project_id LowCardinality(String), type LowCardinality(String), g LowCardinality(String),
 created_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(3)), name LowCardinality(String),
 profile_id String CODEC(ZSTD(3)), anon Bool, path LowCardinality(String))
ENGINE = MergeTree PARTITION BY toYYYYMM(created_at) ORDER BY (project_id, type, g, created_at)"""


def open_anew(folder):
    shutil.rmtree(folder, ignore_errors=True)
    opened = session.Session(str(folder))
    opened.query("CREATE DATABASE bench ENGINE = Atomic")
    opened.query("USE bench")
    return opened


def load_entities(opened, files):
    opened.query("CREATE TABLE groups (id String, type String, name String, properties Map(String, String)) ENGINE = MergeTree ORDER BY id")
    opened.query(f"""INSERT INTO groups SELECT id, type, name, map('plan', plan, 'seats', toString(seats), 'parent', ifNull(parent, ''))
      FROM file('{files}/groups.parquet', Parquet)""")
    opened.query("""CREATE TABLE profiles (id String CODEC(ZSTD(3)), groups Array(String) CODEC(ZSTD(3)))
      ENGINE = MergeTree ORDER BY id""")
    opened.query(f"INSERT INTO profiles SELECT profile_id, groups FROM file('{files}/memberships.parquet', Parquet)")


def load_as_openpanel(opened, files):
    opened.query(EVENTS)
    opened.query(f"""INSERT INTO events SELECT reinterpretAsUUID(unhex(id)), name, device_id, {PROFILE}, 'bench', session_id, groups, path,
      toUInt64(ifNull(revenue, 0)), {PROPERTIES}, occurred_at FROM file('{files}/events-*.parquet', Parquet, '{EVENT_COLUMNS}')""")
    opened.query("OPTIMIZE TABLE events FINAL")


def load_exploded(opened, files):
    opened.query(EXPLODED)
    opened.query(f"""INSERT INTO xg SELECT 'bench', splitByChar('_', g)[1], g, occurred_at, name, {PROFILE}, isNull(profile_id), path
      FROM file('{files}/events-*.parquet', Parquet, '{EVENT_COLUMNS}') ARRAY JOIN groups AS g""")
    opened.query("OPTIMIZE TABLE xg FINAL")


def load(folder, name):
    files, begin = folder / "files", time.time()
    opened = open_anew(folder / name)
    {"ch_mt": load_as_openpanel, "ch_x": load_exploded}[name](opened, files)
    load_entities(opened, files)
    size = sum(file.stat().st_size for file in (folder / name).rglob("*") if file.is_file())
    print(f"{name}: loaded in {time.time() - begin:.1f} s, {size >> 20} MB", flush=True)
    opened.close()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    for name in ("ch_mt", "ch_x"):
        load(folder, name)


if __name__ == "__main__":
    main()
