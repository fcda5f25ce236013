// Checks the schema with the rules of `eslint.config.mjs`, and operations against the schema with GraphQL Inspector.
// Usage: node inspect.mjs FOLDER-OF-PACKAGES SCHEMA FOLDER-OF-OPERATIONS…; prints what is wrong as JSON.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { configuration } from './eslint.config.mjs';

const [, , packages, file, ...folders] = process.argv;
const require = createRequire(pathToFileURL(`${packages}/`));
const { ESLint } = require('eslint');
const { buildSchema, Source } = require('graphql');
const { validate } = require('@graphql-inspector/core');
const plugin = require('@graphql-eslint/eslint-plugin').default;

const schema = readFileSync(file, 'utf8');
const { config, accepted } = configuration(plugin, schema);
const eslint = new ESLint({ cwd: packages, overrideConfigFile: true, overrideConfig: config });
const lint = async (text) => (await eslint.lintText(text, { filePath: join(packages, 'schema.graphql') }))
  .flatMap(({ messages }) => messages.map(({ ruleId, line, message }) => ({ ruleId, line, message })));

const complaints = await lint(schema);
const sources = folders.flatMap((folder) => readdirSync(folder, { recursive: true })
  .filter((name) => name.endsWith('.graphql'))
  .map((name) => new Source(readFileSync(join(folder, name), 'utf8'), join(folder, name))));
const built = buildSchema(schema);
const told = (documents) => validate(built, documents, { strictFragments: true, strictDeprecated: true })
  .map(({ source, errors, deprecated }) => ({
    file: source.name,
    errors: [...errors, ...deprecated].map(({ message }) => message),
  }));
console.log(JSON.stringify({
  schema: complaints.filter(({ message }) => !accepted.includes(message)),
  acceptedInVain: accepted.filter((message) => !complaints.some((complaint) => complaint.message === message)),
  documents: sources.length,
  invalid: told(sources),
  // What both must find, lest they look at nothing.
  wrongSchema: (await lint(`${schema}\ntype lower_case { Field_name: Int }\n`)).length - complaints.length,
  wrongDocument: told([new Source('query Wrong { nothing }', 'wrong.graphql')]),
}));
