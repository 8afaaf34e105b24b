import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { ConfigFieldInput } from './config-field-input.tsx';
import type { ConfigField } from './config-schema.ts';

const secret: ConfigField = {
  name: 'secret_access_key',
  label: 'Secret access key',
  kind: 'text',
  choices: [],
  description: 'Of the access key.',
  isRequired: false,
  isSecret: true,
  fallback: '',
  isAdvanced: false,
  min: undefined,
  max: undefined,
};

const shown = (value: string, movedBy?: string) =>
  renderToStaticMarkup(
    createElement(ConfigFieldInput, {
      field: secret,
      value,
      isStored: true,
      movedBy,
      problem: undefined,
      onChange: () => undefined,
    }),
  );

test('a stored secret is kept when its field is left empty, and the field says so', () => {
  const html = shown('');
  expect(html).toContain('stored; leave empty to keep it');
  expect(html).toContain('aria-required="false"');
  expect(html).toContain('Of the access key.');
});

test('the field of a stored secret whose address has changed is required, and names the changed field', () => {
  const html = shown('', 'endpoint');
  expect(html).toContain('Needed again, since Endpoint has changed');
  expect(html).toContain('aria-required="true"');
  expect(html).not.toContain('keep it');
});

test('a changed address says which secrets it asks for again', () => {
  const html = renderToStaticMarkup(
    createElement(ConfigFieldInput, {
      field: { ...secret, name: 'endpoint', isSecret: false },
      value: 'https://other.example',
      isStored: false,
      moves: ['secret_access_key', 'session_token'],
      problem: undefined,
      onChange: () => undefined,
    }),
  );
  expect(html).toContain('Give again: Secret access key, Session token.');
});

test('a secret that was written again for the changed address is not asked for any more', () => {
  const html = shown('a new one', 'endpoint');
  expect(html).not.toContain('Needed again');
  expect(html).toContain('Of the access key.');
});
