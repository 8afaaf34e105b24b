import { memoryBroker } from '@tailrace/kafka/memory/memory-broker.ts';
import { startRoles } from '@tailrace/role/start-roles.ts';
import { allRoles } from '../start/roles.ts';
import { extensions } from './own-installation.ts';

/**
 * The roles that need no database, on an in-memory broker, with the extensions of the examples. Prints its port, and ends
 * when its input does.
 */
const names: ReadonlySet<string> = new Set(['api', 'ingest', 'normaliser', 'alerting', 'notifier']);
const roles = allRoles.filter(({ name }) => names.has(name));
const running = await startRoles(roles, { env: process.env, kafka: memoryBroker().connect(), extensions });
await running.started;
process.stdout.write(`${JSON.stringify({ port: running.port })}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
