// What a product built on Apollo Client does: pages of a list, a mutation that its cache takes over, persisted queries
// by GET, live events, errors it can act upon.
// Usage: node apollo.mjs FOLDER-OF-PACKAGES URL CLIENT-ID CLIENT-SECRET; prints what it was given as JSON.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , packages, url, clientId, clientSecret] = process.argv;
const require = createRequire(pathToFileURL(`${packages}/`));
const { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } = require('@apollo/client');
const { BatchHttpLink } = require('@apollo/client/link/batch-http');
const { PersistedQueryLink } = require('@apollo/client/link/persisted-queries');
const { GraphQLWsLink } = require('@apollo/client/link/subscriptions');
const { relayStylePagination } = require('@apollo/client/utilities');
const { createClient } = require('graphql-ws');

const uri = `${url}/graphql`;
const requests = [];
const headers = { authorization: `Bearer ${clientId}:${clientSecret}` };
const seen = (address, options) => {
  requests.push([options.method, new URL(address).searchParams.has('query')]);
  return fetch(address, options);
};
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
const socket = createClient({
  url: uri.replace('http', 'ws'),
  webSocketImpl: require('ws'),
  connectionParams: { clientId, clientSecret },
});
const isLive = ({ operationType }) => operationType === 'subscription';
const link = ApolloLink.split(
  isLive,
  new GraphQLWsLink(socket),
  persisted.concat(new HttpLink({ uri, headers, fetch: seen })),
);
const cache = new InMemoryCache({ typePolicies: { Query: { fields: { groups: relayStylePagination(['type']) } } } });
const client = new ApolloClient({ link, cache });

const Groups = gql`query Groups($after: String) {
  groups(type: "company", first: 2, after: $after) {
    edges { cursor node { id name memberCount } }
    pageInfo { endCursor hasNextPage }
  }
}`;
const told = { shown: [] };
const list = client.watchQuery({ query: Groups });
// What the page shows, whenever it changes.
let watching;
const first = await new Promise((resolve, reject) => {
  watching = list.subscribe(({ data, error }) => {
    if (error) reject(error);
    if (!data) return;
    const names = data.groups.edges.map(({ node }) => node.name);
    if (String(names) !== String(told.shown.at(-1))) told.shown.push(names);
    resolve(data);
  });
});
await list.fetchMore({ variables: { after: first.groups.pageInfo.endCursor } });
told.requests = [...requests];
await client.query({ query: Groups, fetchPolicy: 'network-only' });
told.again = requests.at(-1);

const renamed = await client.mutate({
  mutation: gql`mutation Rename { upsertGroup(input: { id: "acme", type: "company", name: "Acme Ltd" }) { outcome group { id name } } }`,
});
told.outcome = renamed.data.upsertGroup.outcome;
watching.unsubscribe();

const failed = await client.query({
  query: gql`query Wrong { activeUsers(groupType: "company", last: "P1Y") { hint } }`,
  errorPolicy: 'none',
}).then(() => null, (error) => error);
told.failed = CombinedGraphQLErrors.is(failed) ? failed.errors[0].extensions : String(failed);

told.live = [];
const track = gql`mutation Track($name: String!) { track(input: { name: $name, groups: ["acme"] }) { outcome } }`;
await new Promise((resolve, reject) => {
  const live = client.subscribe({ query: gql`subscription Live { newEvents(groupId: "acme") { events { name } cursor } }` });
  const subscription = live.subscribe({
    next: ({ data, error }) => {
      if (error) return reject(error);
      told.live.push(...data.newEvents.events.map(({ name }) => name));
      if (told.live.length === 2) {
        subscription.unsubscribe();
        return resolve();
      }
      return client.mutate({ mutation: track, variables: { name: `event-${told.live.length}` } }).catch(reject);
    },
    error: reject,
  });
});
await socket.dispose();
client.stop();

// A batch is refused, and told so.
const batching = new ApolloClient({
  link: new BatchHttpLink({ uri, headers, batchInterval: 5 }),
  cache: new InMemoryCache(),
});
const together = await Promise.allSettled(
  ['One', 'Two'].map((name) => batching.query({ query: gql`query ${name} { groupTypes { type } }` })),
);
told.batched = together.map(({ status, reason }) => [status, String(reason)]);
console.log(JSON.stringify(told));
