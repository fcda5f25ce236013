"""Asks the tables of the schema in SQL, as Apache Superset does: SQLAlchemy, shillelagh and its GraphQL adapter.

Usage: python superset.py URL CLIENT-ID CLIENT-SECRET; prints what it was given as JSON.
"""

import json
import sys
from urllib.parse import urlencode, urlsplit

import requests
from sqlalchemy import create_engine, inspect, text

url, client_id, secret = sys.argv[1:]
RANGE = {"arg_from": "2026-03-01", "arg_to": "2026-04-01"}
STEPS = {"arg_steps": "login,report_shared", "arg_window": "P7D"}


def engine_for(password):
    return create_engine(f"graphql://:{password}@{urlsplit(url).netloc}/graphql?is_https=0")


def table(name, **arguments):
    """A field of the schema with its arguments, as the adapter's users write it into their SQL."""
    return '"' + name + "?" + urlencode({"is_connection": 0, **arguments}) + '"'


engine = engine_for(f"{client_id}:{secret}")
users = table("activeUsersTable", arg_groupType="company", **RANGE)
questions = {
    "activeUsers": f"select groupName, activeUsers, events, lastActiveAt from {users} order by groupName",
    "totals": f"select groupType, count(*), sum(events) from {users} where events > 1 group by groupType",
    "groups": f"select groupId, groupName, members from {table('groupsTable', arg_groupType='company')} order by 1",
    "funnel": f"select step, event, units from {table('funnelTable', **STEPS, **RANGE)} order by step",
    "events": f"select name, profileId, occurredAt from {table('eventsTable', **RANGE)} order by occurredAt",
}
answers = {}
with engine.connect() as connection:
    for name, question in questions.items():
        rows = connection.execute(text(question))
        answers[name] = [
            [value.isoformat() if hasattr(value, "isoformat") else value for value in row] for row in rows
        ]

# Every table opens: one row of it, with what it requires, and a range.
RANGE_ARGUMENTS = ("from", "to")
REQUIRED = {
    "from": "2026-03-01",
    "to": "2026-04-01",
    "groupType": "company",
    "groupId": "acme",
    "event": "login",
    "startEvent": "login",
    "returnEvent": "login",
    "steps": "login,report_shared",
    "window": "P7D",
    "property": "plan",
    "interval": "DAY",
    "of": "EVENT",
    "id": "customers",
}
schema = requests.post(
    f"{url}/graphql",
    json={"query": "{ __schema { queryType { fields { name args { name defaultValue type { kind } } } } } }"},
    headers={"Authorization": f"Bearer {client_id}:{secret}"},
).json()["data"]["__schema"]["queryType"]["fields"]
arguments = {
    field["name"]: {
        f"arg_{argument['name']}": REQUIRED[argument["name"]]
        for argument in field["args"]
        if argument["name"] in RANGE_ARGUMENTS
        or argument["type"]["kind"] == "NON_NULL" and argument["defaultValue"] is None
    }
    for field in schema
    if field["name"].endswith("Table")
}
answers["tables"] = {}
with engine.connect() as connection:
    for name in inspect(engine).get_table_names():
        if name in arguments:
            rows = connection.execute(text(f"select * from {table(name, **arguments[name])} limit 1"))
            answers["tables"][name] = len(list(rows.keys()))
try:
    with engine_for(f"{client_id}:sec_wrong").connect() as connection:
        connection.execute(text(questions["groups"])).fetchall()
    answers["stranger"] = None
except Exception as error:
    answers["stranger"] = str(error)
print(json.dumps(answers))
