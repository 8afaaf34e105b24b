import { parseArgs } from 'node:util';
import { loadSettings } from '@tailrace/config/environment.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { flagsOf, optionsOf, settings } from './config.ts';
import { startSimulator } from './start.ts';

/**
 * The simulator as a process: settings by environment (`SIMULATOR_AWS_RATE=5`) or flags (`--aws-rate 5`). When it is
 * ready it prints one line of JSON: the control API's address, the clouds' addresses, connections to read them by.
 * SIGTERM and SIGINT stop it.
 */
async function main(): Promise<void> {
  const flags = flagsOf();
  const { values } = parseArgs({
    options: Object.fromEntries([...flags.keys()].map((name) => [name, { type: 'string' } as const])),
  });
  const given = Object.entries(values).flatMap(([name, value]) => {
    const variable = flags.get(name);
    return variable === undefined || value === undefined ? [] : [[variable, value] as const];
  });
  const config = loadSettings(settings, { ...process.env, ...Object.fromEntries(given) });
  const options = optionsOf(config);
  const simulator = await startSimulator(options);
  const stop = () => void simulator.stop().then(() => process.exit(0));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const sides = Object.fromEntries((options.clouds ?? []).map((cloud) => [cloud, simulator[cloud]]));
  const { control, connections, endpointHosts, certificate } = simulator;
  const ready = { ready: true, control, connections, endpointHosts, caFile: certificate.caFile, ...sides };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
