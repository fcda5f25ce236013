// What an OpenPanel user's product does when people log in and out. Only apiUrl and the credentials are ours.
// Usage: node login-flow.mjs PATH-OF-SDK API-URL CLIENT-ID CLIENT-SECRET; prints every answer as JSON.
import { pathToFileURL } from 'node:url';

const [, , sdk, apiUrl, clientId, clientSecret] = process.argv;
const { OpenPanel } = await import(pathToFileURL(sdk));
const op = new OpenPanel({ apiUrl, clientId, clientSecret });
const answers = {};
const note = async (name, sent) => {
  answers[name] = (await sent) ?? null;
};

op.setGlobalProperties({ app: 'web' });
await note('anonymous', op.track('page_opened', { page: 'login' }));

await note('identify', op.identify({
  profileId: 'jane', firstName: 'Jane', lastName: 'Doe', email: 'jane@acme.test', properties: { seats: 3 },
}));
await note('upsertGroup', op.upsertGroup({
  id: 'acme', type: 'company', name: 'Acme', properties: { plan: 'pro', tags: ['a', '[b]'] },
}));
await note('setGroup', op.setGroup('acme'));
await note('setGroups', op.setGroups(['acme', 'acme-design']));
await note('track', op.track('login', { method: 'sso', attempt: 1, first: true, nothing: null }));
await note('trackWithGroups', op.track('report_shared', { groups: ['partner', 'acme'], format: 'pdf' }));
await note('trackForAnother', op.track('invite_sent', { profileId: 'joe' }));
await note('increment', op.increment({ profileId: 'jane', property: 'logins' }));
await note('decrement', op.decrement({ profileId: 'jane', property: 'seats', value: 2 }));
await note('revenue', op.revenue(1250, { invoice: 'i-1' }));

op.clear();
await note('loggedOut', op.track('logged_out'));

// The next user, on the same instance: waits for nobody, and has no group of the one before.
await note('nextIdentify', op.identify({ profileId: 'joe', firstName: 'Joe' }));
await note('nextSetGroup', op.setGroup('globex'));
await note('nextTrack', op.track('login', { method: 'password' }));

// An instance that queues until it knows the profile.
const queueing = new OpenPanel({ apiUrl, clientId, clientSecret, waitForProfile: true });
await queueing.track('queued', { n: 1 });
queueing.groups = ['acme'];
await note('afterQueue', queueing.identify({ profileId: 'kim', firstName: 'Kim' }));
await new Promise((resolve) => setTimeout(resolve, 300));

// Wrong credentials: the SDK gives up at once and the product goes on.
const stranger = new OpenPanel({ apiUrl, clientId, clientSecret: 'sec_wrong' });
await note('stranger', stranger.track('intruded'));

console.log(JSON.stringify(answers));
