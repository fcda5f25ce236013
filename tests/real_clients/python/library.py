"""Asks, changes and subscribes with `gql`, the GraphQL client of Python, which reads the schema first and checks with it.

Usage: python library.py URL CLIENT-ID CLIENT-SECRET; prints what it was given as JSON.
"""

import asyncio
import json
import sys

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError

url, client_id, secret = sys.argv[1:]
headers = {"Authorization": f"Bearer {client_id}:{secret}"}
endpoint = f"{url}/graphql"
answers = {}

transport = RequestsHTTPTransport(endpoint, headers=headers, use_json=True)
with Client(transport=transport, fetch_schema_from_transport=True) as session:
    active = gql(
        """query Active($range: RangeInput!) {
          activeUsers(groupType: "company", range: $range) { rows { group { id } activeUsers } }
        }"""
    )
    active.variable_values = {"range": {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}}
    answers["active"] = session.execute(active)
    answers["changed"] = session.execute(
        gql('mutation { upsertGroup(input: {id: "initech", type: "company", name: "Initech"}) { outcome } }')
    )
    try:
        session.execute(gql("{ nothing }"))
    except GraphQLError as error:
        answers["checkedBefore"] = error.message
    try:
        session.execute(gql('{ activeUsers(groupType: "company", last: "P1Y") { hint } }'))
    except TransportQueryError as error:
        answers["refused"] = error.errors[0]["extensions"]


async def asked_at_once():
    """Many questions over one connection."""
    async with Client(transport=AIOHTTPTransport(endpoint, headers=headers)) as session:
        question = gql("query Group($id: ID!) { group(id: $id) { name } }")
        asked = []
        for group in ["acme", "globex", "initech"]:
            question = gql("query Group($id: ID!) { group(id: $id) { name } }")
            question.variable_values = {"id": group}
            asked.append(session.execute(question))
        return [answer["group"]["name"] for answer in await asyncio.gather(*asked)]


async def subscribed():
    """Each event is sent when the one before was told."""
    payload = {"clientId": client_id, "clientSecret": secret}
    live = WebsocketsTransport(
        endpoint.replace("http", "ws", 1), init_payload=payload, subprotocols=["graphql-transport-ws"]
    )
    told = []
    sending = Client(transport=AIOHTTPTransport(endpoint, headers=headers))
    async with Client(transport=live) as listening, sending as session:
        events = gql('subscription { newEvents(groupId: "initech") { events { name } cursor } }')
        async for answer in listening.subscribe(events):
            told += [event["name"] for event in answer["newEvents"]["events"]]
            if len(told) == 2:
                return told
            sent = gql("mutation Track($name: String!) { track(input: {name: $name, groups: [\"initech\"]}) { outcome } }")
            sent.variable_values = {"name": f"event-{len(told)}"}
            await session.execute(sent)


answers["atOnce"] = asyncio.run(asked_at_once())
answers["subscribed"] = asyncio.run(subscribed())
print(json.dumps(answers))
