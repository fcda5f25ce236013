// What a product built on urql does: questions by GET, a mutation after which its cache asks anew, live events.
// Usage: node urql.mjs FOLDER-OF-PACKAGES URL CLIENT-ID CLIENT-SECRET; prints what it was given as JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , packages, url, clientId, clientSecret] = process.argv;
const require = createRequire(pathToFileURL(`${packages}/`));
const { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } = require('urql');
const { createClient } = require('graphql-ws');

const methods = [];
const socket = createClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  webSocketImpl: require('ws'),
  connectionParams: { clientId, clientSecret },
});
const client = new Client({
  url: `${url}/graphql`,
  preferGetMethod: 'force',
  fetch: (address, options) => {
    methods.push(options.method);
    return fetch(address, options);
  },
  fetchOptions: { headers: { authorization: `Bearer ${clientId}:${clientSecret}` } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

const Group = gql`query Group($id: ID!) { group(id: $id) { id name memberCount } }`;
const Track = gql`mutation Track($name: String!) { track(input: { name: $name, groups: ["acme"] }) { outcome } }`;
const told = { names: [] };
const ask = async () => {
  const { data, error } = await client.query(Group, { id: 'acme' });
  if (error) throw error;
  told.names.push(data.group.name);
};
await ask();
await ask();
const Rename = gql`mutation Rename($name: String!) { upsertGroup(input: { id: "acme", type: "company", name: $name }) { group { id name } } }`;
const renamed = await client.mutation(Rename, { name: 'Acme Inc' });
if (renamed.error) throw renamed.error;
await ask();
told.methods = [...methods];

const { error } = await client.query(gql`{ activeUsers(groupType: "company", last: "P1Y") { hint } }`, {});
told.failed = error.graphQLErrors.map(({ extensions }) => extensions);

told.live = [];
await new Promise((resolve, reject) => {
  const live = client.subscription(gql`subscription { newEvents(groupId: "acme") { events { name } cursor } }`, {});
  const { unsubscribe } = live.subscribe(({ data, error: broken }) => {
    if (broken) return reject(broken);
    told.live.push(...data.newEvents.events.map(({ name }) => name));
    if (told.live.length === 2) {
      unsubscribe();
      return resolve();
    }
    return client.mutation(Track, { name: `event-${told.live.length}` }).then(({ error: no }) => no && reject(no));
  });
});
await socket.dispose();
console.log(JSON.stringify(told));
