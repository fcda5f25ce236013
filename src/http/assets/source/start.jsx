// The page to try questions on: GraphiQL for whoever is signed in to the dashboard; others give a client's id and
// secret first. It talks to its own server alone.
import { GraphiQL } from 'graphiql';
import 'graphiql/graphiql.css';
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import './page.css';

// Relative, so that the page works below /api and behind a proxy's prefix too.
const ENDPOINT = 'graphql';

const EXAMPLE = `# Which companies are active, and is it more or less than in the 30 days before?
# Everything that can be asked is in the documentation to the left.
{
  activeUsers(groupType: "company", last: "P30D", first: 10) {
    totals { groups activeUsers events }
    rows { group { id name } activeUsers events change }
  }
}
`;

// The token of the dashboard's session, which the server wrote into the page.
const TOKEN = document.querySelector('meta[name="form-token"]')?.content;

// What shows who asks: credentials, or the session's cookie with its token.
const shown = (authorization) => (authorization ? { authorization } : { 'muster-form-token': TOKEN });

const ask = async (authorization, body, headers = {}) => {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      accept: 'application/graphql-response+json',
      'content-type': 'application/json',
      ...shown(authorization),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return response.json();
};

function SignIn({ onEnter }) {
  const [complaint, setComplaint] = useState('');
  const enter = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const authorization = `Bearer ${given.get('id').trim()}:${given.get('secret').trim()}`;
    try {
      const { errors } = await ask(authorization, { query: '{ __typename }' });
      if (errors) setComplaint(errors[0].message);
      else onEnter(authorization);
    } catch (error) {
      setComplaint(`The server does not answer: ${error.message}`);
    }
  };
  return (
    <form className="sign-in" onSubmit={enter}>
      <h1>Muster</h1>
      <p>
        Give a client with the right READ or ADMIN; the operator makes one with{' '}
        <code>muster client create</code>.
      </p>
      <label>
        Client id <input name="id" autoComplete="username" spellCheck="false" required autoFocus />
      </label>
      <label>
        Secret <input name="secret" type="password" autoComplete="current-password" required />
      </label>
      <button type="submit">Ask questions</button>
      <p role="alert">{complaint}</p>
      <p>
        <a href="graphiql/licences.txt">Licences</a> of what this page is made of
      </p>
    </form>
  );
}

// What GraphiQL leaves without a name or out of the keyboard's reach: its editors, each by the class of what is around it.
const EDITORS = [
  ['.graphiql-query-editor', 'Query'],
  ['.result-window', 'Answer'],
  ['.graphiql-editor-tool', 'Variables and headers'],
];

const nameEditors = () => {
  for (const [around, name] of EDITORS) {
    for (const field of document.querySelectorAll(`${around} .CodeMirror textarea:not([aria-label])`)) {
      field.setAttribute('aria-label', name);
    }
  }
  for (const part of document.querySelectorAll('.CodeMirror-scroll[tabindex="-1"]')) part.tabIndex = 0;
};

function Page() {
  // For this tab, until it is closed.
  const [authorization, setAuthorization] = useState(() => sessionStorage.getItem('authorization'));
  const change = (value) => {
    if (value) sessionStorage.setItem('authorization', value);
    else sessionStorage.removeItem('authorization');
    setAuthorization(value);
  };
  const fetcher = useMemo(
    () => (body, options) => ask(authorization, body, options?.headers),
    [authorization],
  );
  useEffect(() => {
    const watch = new MutationObserver(nameEditors);
    watch.observe(document.body, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, []);
  if (!authorization && !TOKEN) return <SignIn onEnter={change} />;
  return (
    <GraphiQL fetcher={fetcher} defaultQuery={EXAMPLE} shouldPersistHeaders={false}>
      <GraphiQL.Logo>
        {authorization ? (
          <>
            Muster <button onClick={() => change(null)}>Sign out</button>
          </>
        ) : (
          <a href="/dashboard/groups">Muster</a>
        )}
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

createRoot(document.getElementById('page')).render(<Page />);
