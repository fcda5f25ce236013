// Audits a server against the GraphQL-over-HTTP specification. Every request carries a client's credentials.
// Usage: node audits.mjs PATH-OF-AUDITS URL CLIENT-ID CLIENT-SECRET; prints each audit with its status as JSON.
import { pathToFileURL } from 'node:url';

const [, , audits, url, clientId, clientSecret] = process.argv;
const { auditServer } = await import(pathToFileURL(audits));
const authorization = `Bearer ${clientId}:${clientSecret}`;
const fetchFn = (address, options = {}) =>
  fetch(address, { ...options, headers: { ...options.headers, authorization } });

const results = await auditServer({ url, fetchFn });
console.log(JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason }))));
