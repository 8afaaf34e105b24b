import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { describe, expect, it } from 'vitest';
import { azureMonitor } from './azure-monitor.ts';

const guid = '6f5b0f34-0000-4000-8000-000000000001';
const config = {
  workspace_id: guid,
  tenant_id: guid,
  client_id: guid,
  client_secret: 'abc8Q~a-secret-value',
  query: 'AppTraces | where SeverityLevel > 1',
};
const configure = (change: object) => connector(azureMonitor).configure({ ...config, ...change });

describe('an Azure Monitor configuration', () => {
  it('says what it reads, and nothing secret', () => {
    expect(configure({}).source).toEqual({ workspace_id: guid, table: 'AppTraces', query: config.query });
    expect(configure({})).toMatchObject({ axis: 'ingestion', usesHostIdentity: false });
  });

  it('shares one quota among the connections of an application', () => {
    expect(configure({ query: 'AppRequests' }).quota).toEqual(configure({ client_id: guid.toUpperCase() }).quota);
  });

  it.each([
    [{ workspace_id: 'my-workspace' }, 'workspace_id: must be the workspace id: a GUID'],
    [{ workspace_id: undefined }, 'workspace_id: is required'],
    [{ tenant_id: 'contoso.com' }, 'tenant_id: must be the tenant id: a GUID'],
    [{ client_id: 7 }, 'client_id: must be text'],
    [{ client_secret: undefined }, 'client_secret: is required'],
    [{ client_secret: 'a b' }, 'client_secret: must be visible ASCII characters'],
    [{ client_secret: guid }, "client_secret: looks like the secret's id"],
    [{ query: undefined }, 'query: is required'],
    [{ query: '' }, 'query: must begin with the name of one table'],
    [{ query: 'A; B' }, 'query: cannot hold several statements'],
    [{ query: 'union A, B' }, 'query: cannot use union: must begin with the name of one table'],
    [{ query: `T | where a == "${'x'.repeat(10_000)}"` }, 'query: must be at most 10000 characters'],
    [{ endpoint: 'http://127.0.0.1' }, 'endpoint: must be an https URL'],
    [{ authority_host: 'login.microsoftonline.com' }, 'authority_host: must be an https URL'],
    [{ batch_size: 500_001 }, 'batch_size: must be a whole number of events from 1 to 500000'],
    [{ poll_interval_ms: 100 }, 'poll_interval_ms: must be a whole number of ms from 1000'],
    [{ start_from: 'yesterday' }, 'start_from: must be "now"'],
    [{ wokspace_id: guid }, 'Unrecognized key: "wokspace_id"'],
  ])('says what is wrong with %j', (change, message) => {
    expect(() => configure(change)).toThrow(message);
  });
});
