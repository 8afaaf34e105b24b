import { integer } from '@tailrace/config/setting.ts';
import { z } from 'zod';
import { role } from './role-definition.ts';
import { runRoles } from './run.ts';

/** A process with one role that works until it is asked to stop, or to fail. */
const settings = z.object({ failAfterMs: integer('When to fail.', { min: 0, max: 60_000 }).optional() });

await runRoles([
  role('fixture', settings, async ({ failAfterMs }, { logger }) => ({
    name: 'fixture',
    readiness: () => ({ ready: true }),
    failed: new Promise<never>((_, reject) => {
      if (failAfterMs !== undefined) setTimeout(() => reject(new Error('fenced')), failAfterMs);
    }),
    stop: async () => logger.info('the role stopped'),
  })),
]);
