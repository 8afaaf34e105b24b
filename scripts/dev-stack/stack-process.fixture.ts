import { startDevStack } from './dev-stack.ts';

/**
 * A program that runs a stack until it is asked to stop, for tests of what happens to the servers when it ends.
 * Prints one JSON line with the addresses when the stack is up. @argument the stack's directory
 */
const [directory = ''] = process.argv.slice(2);
const stack = await startDevStack({
  directory,
  environment: {},
  report: (line) => console.error(line),
  customaryPorts: false,
});
console.log(JSON.stringify({ brokers: stack.kafka.brokers, databaseUrl: stack.postgres.databaseUrl }));
const keepAlive = setInterval(() => {}, 60_000);
process.once('SIGTERM', async () => {
  clearInterval(keepAlive);
  await stack.stop();
});
