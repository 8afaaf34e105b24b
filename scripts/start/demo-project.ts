import { TailraceError } from '@tailrace/errors/tailrace-error.ts';
import { z } from 'zod';

/** The project whose connections read the simulated clouds. */
export const DEMO_PROJECT = 'demo';

/** A connection as `POST connections` takes it, without its project. */
interface WantedConnection {
  readonly connection_name: string;
  readonly cloud_provider: string;
  readonly connection_config: Readonly<Record<string, unknown>>;
}

/** An alert rule as `POST alert-rules` takes it, without its project. */
interface WantedRule extends Readonly<Record<string, unknown>> {
  readonly name: string;
}

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

const connectionSchema = z.object({
  id: z.string(),
  connection_name: z.string(),
  connection_config: z.record(z.string(), z.unknown()),
  version: z.number(),
});
type ExistingConnection = z.output<typeof connectionSchema>;

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
  const list = await call('GET', `connections/${DEMO_PROJECT}`);
  const { connections } = z.object({ connections: z.array(connectionSchema) }).parse(list);
  if (connections.length === 0) await createRules(call, rules);
  for (const connection of wanted) {
    const existing = connections.find(({ connection_name }) => connection_name === connection.connection_name);
    if (existing === undefined) {
      const created = await call('POST', 'connections', { project_id: DEMO_PROJECT, ...connection });
      await call('POST', `connections/${connectionSchema.parse(created).id}/start`);
      continue;
    }
    if (hasMoved(existing, connection)) {
      await call('PUT', `connections/${existing.id}`, { connection_config: connection.connection_config });
    }
    // Created by a start that was killed before it could start it.
    if (existing.version === 1) await call('POST', `connections/${existing.id}/start`);
  }
}

async function createRules(call: ReturnType<typeof apiOf>, wanted: readonly WantedRule[]): Promise<void> {
  const list = await call('GET', `alert-rules/${DEMO_PROJECT}`);
  const { rules } = z.object({ rules: z.array(z.object({ name: z.string() })) }).parse(list);
  for (const rule of wanted) {
    // A start that was killed may have created some.
    if (rules.some(({ name }) => name === rule.name)) continue;
    await call('POST', 'alert-rules', { project_id: DEMO_PROJECT, ...rule });
  }
}

function hasMoved(existing: ExistingConnection, wanted: WantedConnection): boolean {
  return ADDRESSES.some((name) => existing.connection_config[name] !== wanted.connection_config[name]);
}

function apiOf(url: string, token: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(new URL(`/api/v1/live-logs/${path}`, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return text === '' ? undefined : JSON.parse(text);
    throw new TailraceError(
      `The demo project could not be prepared: ${method} ${path} answered ${answer.status}: ${text}`,
      {
        code: 'start.demo_failed',
        remedy: 'give-up',
        help: 'Start with --no-demo to go on without it, or with --reset to start over.',
      },
    );
  };
}
