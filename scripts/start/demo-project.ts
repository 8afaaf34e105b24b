import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import {
  type AnswerOf,
  type Caller,
  type CallOptions,
  callApi,
  type Operation,
} from '@tailrace/http/client/api-calls.ts';
import { listed } from '@tailrace/http/client/one-or-list.ts';
import type { Connection, Operations } from '@tailrace/http/contract/generated.ts';

/** The project whose connections read the simulated clouds. */
export const DEMO_PROJECT = 'demo';

/** A connection as `POST connections` takes it, without its project. */
type WantedConnection = Omit<Operations['POST connections']['body'], 'project_id'>;

/** An alert rule as `POST alert-rules` takes it, without its project. */
type WantedRule = Omit<Operations['POST alert-rules']['body'], 'project_id'>;

/**
 * What people see fire in the simulated incidents. At the demo's rates an incident makes 10 to 20 lines of errors a minute,
 * by night 7, and ordinary trouble one or two. None of silence: the sources of errors are silent while all is well.
 */
export const DEMO_RULES = [
  {
    name: 'Many errors',
    alert_type: 'error_rate',
    severity: 'high',
    conditions: { threshold: 5, window_minutes: 2 },
    cooldown_minutes: 10,
  },
  {
    name: 'Time-outs by service',
    alert_type: 'pattern_match',
    severity: 'medium',
    conditions: { pattern: 'timed? ?out|did not answer in time|pool exhausted' },
    group_by: 'service.name',
    cooldown_minutes: 15,
  },
] as const satisfies readonly WantedRule[];

/** Settings that change when a simulated cloud had to take another port. */
const ADDRESSES = ['endpoint', 'authority_host'];

/**
 * Has the demo project read the simulated clouds, through the API as a person would: creates and starts connections that
 * are missing, and points those that exist to where the clouds are now. Whether people paused or stopped one is left alone.
 * A project that is new also gets the rules; one that people have made their own keeps those they left.
 * @param url the server's address
 * @param token of an editor of the demo project
 */
export async function prepareDemoProject(
  url: string,
  token: string,
  wanted: readonly WantedConnection[],
  rules: readonly WantedRule[],
): Promise<void> {
  const call = apiOf(url, token);
  const { connections } = listed(await call('GET connections/{id}', { path: { id: DEMO_PROJECT } }), 'connections');
  if (connections.length === 0) await createRules(call, rules);
  for (const connection of wanted) {
    const existing = connections.find(({ connection_name }) => connection_name === connection.connection_name);
    if (existing === undefined) {
      const { id } = await call('POST connections', { body: { project_id: DEMO_PROJECT, ...connection } });
      await call('POST connections/{id}/start', { path: { id } });
      continue;
    }
    const path = { id: existing.id };
    if (hasMoved(existing, connection)) {
      await call('PUT connections/{id}', { path, body: { connection_config: connection.connection_config } });
    }
    // Created by a start that was killed before it could start it.
    if (existing.version === 1) await call('POST connections/{id}/start', { path });
  }
}

async function createRules(call: ReturnType<typeof apiOf>, wanted: readonly WantedRule[]): Promise<void> {
  const { rules } = listed(await call('GET alert-rules/{id}', { path: { id: DEMO_PROJECT } }), 'rules');
  for (const rule of wanted) {
    // A start that was killed may have created some.
    if (rules.some(({ name }) => name === rule.name)) continue;
    await call('POST alert-rules', { body: { project_id: DEMO_PROJECT, ...rule } });
  }
}

function hasMoved(existing: Connection, wanted: WantedConnection): boolean {
  return ADDRESSES.some((name) => existing.connection_config[name] !== wanted.connection_config[name]);
}

/** @throws {TailraceError} that says what to do, where the API refuses. */
function apiOf(url: string, token: string) {
  const caller: Caller = {
    base: url.replace(/\/$/, ''),
    token: () => token,
    describe: ({ status, title, detail }) => `${status}: ${detail ?? title ?? 'no answer of Tailrace'}`,
  };
  return async <Name extends Operation>(name: Name, options: CallOptions<Name>): Promise<AnswerOf<Name>> => {
    try {
      return await callApi(caller, name, options);
    } catch (cause) {
      throw new TailraceError(`The demo project could not be prepared: ${name} answered ${messageOf(cause)}`, {
        code: 'start.demo_failed',
        remedy: 'give-up',
        help: 'Start with --no-demo to go on without it, or with --reset to start over.',
        cause,
      });
    }
  };
}
