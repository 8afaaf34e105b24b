import { expect, it } from 'vitest';
import { obstacleTo, type TimescaleState } from './timescaledb.ts';

/** As a server answers that preloads TimescaleDB, to the owner of a new database. */
const usable: TimescaleState = {
  installed: null,
  available: '2.28.3',
  isLoaded: true,
  mayCreate: true,
  schema: null,
  isSchemaUsable: false,
};
const installed = { installed: '2.28.3', schema: 'public', isSchemaUsable: true };

it.each<[string, Partial<TimescaleState>, string | undefined]>([
  // Taken:
  ['is there to be created', {}, undefined],
  ['is there already', installed, undefined],
  ['is there already, and this role may create nothing', { ...installed, mayCreate: false }, undefined],
  ['stands in a schema of its own', { ...installed, schema: 'timescale' }, undefined],
  ['is new enough by one', { available: '2.13.0' }, undefined],
  ['has another major version', { available: '3.0.0-dev' }, undefined],
  // Left, with the reason:
  ['is not there', { available: null, isLoaded: false }, 'does not have TimescaleDB'],
  ['is not preloaded', { isLoaded: false }, 'does not preload it (shared_preload_libraries)'],
  ['is there already, and is preloaded no more', { ...installed, isLoaded: false }, 'does not preload it'],
  ['may not be created by this role', { mayCreate: false }, 'may not create the extension'],
  ['is older than by_range', { available: '2.12.2' }, 'TimescaleDB 2.12.2 is older than 2.13'],
  ['is there in an older version than it could be', { ...installed, installed: '2.9.1' }, '2.9.1 is older than 2.13'],
  [
    'stands in a schema that is closed',
    { ...installed, schema: 'ts', isSchemaUsable: false },
    'may not use the schema ts',
  ],
])('whether TimescaleDB is taken that %s', (_, state, obstacle) => {
  const found = obstacleTo({ ...usable, ...state });
  if (obstacle === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(obstacle);
});
