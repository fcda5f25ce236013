// Subscribes with the clients of npm, `graphql-ws` and `graphql-sse`, while the product sends events.
// Usage: node live.mjs FOLDER-OF-PACKAGES URL CLIENT-ID CLIENT-SECRET; prints what both were told as JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , packages, url, clientId, clientSecret] = process.argv;
const require = createRequire(pathToFileURL(`${packages}/`));
const { createClient: createSocketClient } = require('graphql-ws');
const { createClient: createEventClient } = require('graphql-sse');
const authorization = `Bearer ${clientId}:${clientSecret}`;
const variables = { group: 'acme' };
const query = `subscription Live($group: ID!) {
  newEvents(groupId: $group) { events { name } cursor }
}`;

const track = async (name, groups) => {
  const payload = { name, profileId: 'ann', groups };
  const answer = await fetch(new URL('/track', url), {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'track', payload }),
  });
  if (!answer.ok) throw new Error(await answer.text());
};

// What a subscription tells until both events of the group are there; each is sent when the one before was told.
const listen = async (subscription) => {
  const names = [];
  for await (const { data, errors } of subscription) {
    if (errors) throw new Error(JSON.stringify(errors));
    names.push(...data.newEvents.events.map(({ name }) => name));
    if (names.length === 2) break;
    await track('noise', ['other']);
    await track(`event-${names.length}`, ['acme']);
  }
  return names;
};

const socket = createSocketClient({
  url: `${url.replace('http', 'ws')}/graphql`,
  webSocketImpl: require('ws'),
  connectionParams: { clientId, clientSecret },
});
const overSocket = await listen(socket.iterate({ query, variables }));
const once = await socket.iterate({ query: '{ __typename }' }).next();
const refused = await socket.iterate({ query: 'subscription { newEvents(first: 0) { cursor } }' }).next()
  .then(() => null, (errors) => errors[0].extensions);
await socket.dispose();

const events = createEventClient({ url: `${url}/graphql`, headers: { authorization }, retryAttempts: 0 });
const overEvents = await listen(events.iterate({ query, variables }));
events.dispose();

console.log(JSON.stringify({ overSocket, overEvents, once: once.value.data, refused }));
