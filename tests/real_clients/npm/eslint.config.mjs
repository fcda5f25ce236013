// graphql-eslint's rules `schema-recommended` and `schema-relay`, and why some of them ask otherwise of this schema.

/** Rules that are off, each with the reason. */
const OFF = {
  'strict-id-in-types':
    'entities (groups, profiles, events, cohorts, clients) have an id; rows, buckets, totals and payloads are values of one answer and have none by which to keep them',
};

/** Rules that are on with options, each with the reason. */
const OPTIONS = {
  // Lists go forward only: a cursor stands for a place in an order, and nothing asks for the page before.
  'relay-arguments': { includeBoth: false },
  // Rows and buckets are lists that an argument bounds, not pages. There is no interface `Node`: ids are those that a
  // product gave, so the same one may be a group's and a profile's.
  'relay-edge-types': { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
};

/** Complaints that stand, each with the reason; one that is no longer made has to go from here. */
const ACCEPTED = {
  'Type "GroupType" should not have "Type" suffix': 'it is a type of groups: company, workspace, team',
  'Field "savedQuery" should not have "Query" suffix': 'it finds a saved query',
  'Argument `last` must return Int.': 'of events: `last: "P30D"` is the range that ends now, as in every analysis',
  'Field `events` must contain an argument `before`, that return String or Scalar.': 'as above: it goes forward only',
};

/** The configuration for a schema, and which complaints about it stand. */
export const configuration = (plugin, schema) => {
  const { configs, parser } = plugin;
  const rules = { ...configs['flat/schema-recommended'].rules, ...configs['flat/schema-relay'].rules };
  const set = (name, value) => {
    const rule = `@graphql-eslint/${name}`;
    if (!(rule in rules)) throw new Error(`${rule} is no rule of these`);
    rules[rule] = value;
  };
  for (const name of Object.keys(OFF)) set(name, 'off');
  for (const [name, options] of Object.entries(OPTIONS)) set(name, ['error', options]);
  const config = [{
    files: ['**/*.graphql'],
    languageOptions: { parser, parserOptions: { graphQLConfig: { schema } } },
    plugins: { '@graphql-eslint': plugin },
    rules,
  }];
  return { config, accepted: Object.keys(ACCEPTED) };
};
