// Makes the files that the server hands out for its GraphiQL page from the packages of package-lock.json:
//   npm ci && npm run build
// Writes ../graphiql.js.gz, ../graphiql.css.gz and ../licences.txt.gz; the same packages give the same bytes.
import { build } from 'esbuild';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

// The style sheet carries fonts that are larger than everything else; the system's fonts do.
const withoutFonts = {
  name: 'without-fonts',
  setup: ({ onLoad }) =>
    onLoad({ filter: /graphiql\.css$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css',
    })),
};

const { outputFiles, metafile } = await build({
  entryPoints: ['start.jsx'],
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  format: 'iife',
  jsx: 'automatic',
  legalComments: 'none',
  metafile: true,
  minify: true,
  outfile: 'graphiql.js',
  plugins: [withoutFonts],
  target: 'es2021',
  write: false,
});

const keep = (name, contents) => writeFile(join('..', `${name}.gz`), gzipSync(contents, { level: 9 }));
for (const { path, contents } of outputFiles) await keep(path.split(/[\\/]/).pop(), contents);

// Every package that has a part in the bundle, with its licence.
const roots = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
  if (found) roots.add(found[1]);
}
const parts = [];
for (const root of [...roots].sort()) {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const file = (await readdir(root)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? (await readFile(join(root, file), 'utf8')).trim() : `Licence: ${license}`;
  parts.push(`${name} ${version} (${license})\n\n${text}\n`);
  if (!/^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2.0)$/.test(license)) throw new Error(`${name}: ${license}`);
}
await keep('licences.txt', parts.join('\n' + '-'.repeat(80) + '\n\n'));
