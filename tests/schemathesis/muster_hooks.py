"""What schemathesis must know of the schema's scalars, and what no answer may be: a fault of the server."""

import graphql
import schemathesis
from hypothesis import strategies as st
from hypothesis_graphql import nodes

durations = st.one_of(st.sampled_from(["P1D", "P30D", "PT1H", "PT90M", "P2W"]), st.text(max_size=8))
schemathesis.graphql.scalar("Duration", durations.map(nodes.String))

instants = st.one_of(
    st.datetimes().map(lambda instant: instant.isoformat() + "Z"),
    st.sampled_from(["2026-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "0000-00-00", "+262143-01-01T00:00:00Z"]),
    st.text(max_size=25),
)
schemathesis.graphql.scalar("DateTime", instants.map(nodes.String))

scalars = st.one_of(
    st.text(max_size=20).map(nodes.String),
    st.integers(-(2**63), 2**63).map(nodes.Int),
    st.booleans().map(nodes.Boolean),
    st.just(nodes.Null),
)


def entry(key, value):
    """A field of an object as it stands in a document."""
    return graphql.ObjectFieldNode(name=graphql.NameNode(value=key), value=value)


keys = st.from_regex(r"\A[_a-zA-Z][_a-zA-Z0-9]{0,8}\Z")
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(nodes.List),
        st.dictionaries(keys, inner, max_size=3).map(
            lambda fields: nodes.Object([entry(key, value) for key, value in fields.items()])
        ),
    ),
    max_leaves=6,
)
schemathesis.graphql.scalar("JSON", values)


@schemathesis.check
def is_no_fault(ctx, response, case):
    """A 5xx is allowed only as a 503 that says when to come again."""
    may_come_again = response.status_code == 503 and "retry-after" in response.headers
    if response.status_code >= 500 and not may_come_again:
        raise AssertionError(f"{response.status_code}: {response.text[:500]}")
    if "INTERNAL" in response.text and '"code":"INTERNAL' in response.text:
        raise AssertionError(f"a fault inside an answer: {response.text[:500]}")
