import { constants, setPriority } from 'node:os';
import { role } from '@tailrace/role/role-definition.ts';
import { runRoles } from '@tailrace/role/run.ts';
import { settings } from './config.ts';
import { start } from './start.ts';

// Where it shares a machine with the live roles, they go first.
setPriority(constants.priority.PRIORITY_LOW);
await runRoles([role('replayer', settings, start)]);
