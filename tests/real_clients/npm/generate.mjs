// Reads the schema from a server by introspection and generates TypeScript for operations, which is then type-checked
// with a use of it.
// Usage: node generate.mjs FOLDER-OF-PACKAGES URL CLIENT-ID CLIENT-SECRET OUT-FOLDER FOLDER-OF-OPERATIONS…
// prints the types of operations as JSON, and what the compiler complains of.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , packages, url, clientId, clientSecret, out, ...folders] = process.argv;
const require = createRequire(pathToFileURL(`${packages}/`));
const { generate } = require('@graphql-codegen/cli');
const typescript = require('@graphql-codegen/typescript');
const operations = require('@graphql-codegen/typescript-operations');
const ts = require('typescript');

const headers = { authorization: `Bearer ${clientId}:${clientSecret}` };
const target = (folder, number) => [join(out, `operations-${number}.ts`), {
  documents: [`${folder}/*.graphql`],
  plugins: ['typescript', 'typescript-operations'],
  config: { strictScalars: true, scalars: { Date: 'string', DateTime: 'string', Duration: 'string', JSON: 'unknown' } },
}];
const files = await generate({
  // Its own `fetch` asks for zstd, which Node before 22.15 cannot read.
  schema: [{ [`${url}/graphql`]: { headers, customFetch: fetch } }],
  generates: Object.fromEntries(folders.map(target)),
  pluginLoader: (name) => (name.includes('operations') ? operations : typescript),
  silent: true,
  errorsOnly: true,
}, false);
for (const { filename, content } of files) writeFileSync(filename, content);

const use = join(out, 'use.ts');
writeFileSync(use, `import type { ActiveGroupsQuery, ActiveGroupsQueryVariables } from './operations-0';
export const asked: ActiveGroupsQueryVariables = { groupType: 'company', top: 3 };
export const users = (answer: ActiveGroupsQuery): number[] => answer.activeUsersTable.map((row) => row.activeUsers);
export const names = (answer: ActiveGroupsQuery): (string | null | undefined)[] =>
  answer.activeUsersTable.map(({ groupName }) => groupName);
// @ts-expect-error: it is an Int
export const wrong: ActiveGroupsQueryVariables = { top: 'three' };
`);
const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022 };
const program = ts.createProgram([use, ...files.map(({ filename }) => filename)], options);
const complaints = ts.getPreEmitDiagnostics(program);
const names = files.map(({ content }) => [...content.matchAll(/export type (\w+(?:Query|Mutation)) = /g)].map(([, name]) => name)
  .filter((name) => !['Query', 'Mutation'].includes(name)));
console.log(JSON.stringify({
  operations: names,
  complaints: complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')),
}));
