"""Reads a saved query with the readers of pandas and DuckDB, by its address and with credentials.

Usage: python tables.py URL CLIENT-ID CLIENT-SECRET; prints what each was given as JSON.
"""

import importlib.resources
import io
import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

import duckdb
import pandas
import pyarrow

url, client_id, secret = sys.argv[1:]
asked = "groupType=company&since=2026-03-01&until=2026-04-01"
authorization = f"Bearer {client_id}:{secret}"
headers = {"Authorization": authorization}


def address(ending):
    return f"{url}/queries/ActiveGroups.{ending}?{asked}"


def told(frame):
    """Names, types and rows, as text that JSON holds."""
    return {
        "columns": {name: str(kind) for name, kind in frame.dtypes.items()},
        "rows": json.loads(frame.to_json(orient="values", date_format="iso", date_unit="s")),
    }


def arrow():
    request = urllib.request.Request(address("arrow"), headers=headers)
    with urllib.request.urlopen(request) as answer, pyarrow.ipc.open_stream(answer) as stream:
        return stream.read_all()


def extension():
    """Where the package keeps DuckDB's extension for HTTP, which DuckDB itself would download."""
    folder = importlib.resources.files("duckdb_extension_httpfs")
    return folder / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"


def status_of_a_stranger():
    try:
        pandas.read_csv(address("csv"))
    except urllib.error.HTTPError as error:
        return error.code
    return None


database = duckdb.connect()
database.load_extension(str(extension()))
database.execute(
    "create secret (type http, scope $scope, extra_http_headers map {'Authorization': $authorization})",
    {"scope": url, "authorization": authorization},
)
stream = arrow()


def in_utc(instant):
    """What has no zone is in UTC."""
    instant = instant.astimezone(timezone.utc) if instant.tzinfo else instant
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def duck(relation):
    rows = database.sql(relation)
    return {
        "columns": dict(zip(rows.columns, map(str, rows.types))),
        "rows": [[in_utc(value) if isinstance(value, datetime) else value for value in row] for row in rows.fetchall()],
    }


print(
    json.dumps(
        {
            "pandasCsv": told(pandas.read_csv(address("csv"), storage_options=headers, parse_dates=["lastActiveAt"])),
            "pandasParquet": told(pandas.read_parquet(address("parquet"), storage_options=headers)),
            "pandasArrow": told(stream.to_pandas()),
            "pandasJson": told(pandas.read_json(address("ndjson"), storage_options=headers, lines=True)),
            "duckdbParquet": duck(f"from read_parquet('{address('parquet')}')"),
            "duckdbCsv": duck(f"from read_csv('{address('csv')}')"),
            "duckdbArrow": duck("from stream"),
            "stranger": status_of_a_stranger(),
        }
    )
)
