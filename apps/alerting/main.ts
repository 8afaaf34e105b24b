import { role } from '@tailrace/role/role-definition.ts';
import { runRoles } from '@tailrace/role/run.ts';
import { settings } from './config.ts';
import { start } from './start.ts';

await runRoles([role('alerting', settings, start)]);
