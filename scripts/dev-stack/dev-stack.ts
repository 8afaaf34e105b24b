import { join } from 'node:path';
import type { DevKafka, DevPostgres, DevServerOptions } from './dev-server.ts';
import { startKafka } from './kafka/kafka.ts';
import { startPostgres } from './postgres/postgres.ts';

/** The servers that Tailrace needs, found or started. */
export interface DevStack {
  readonly kafka: DevKafka;
  readonly postgres: DevPostgres;
  /** Stops what was started here; idempotent. */
  stop(): Promise<void>;
}

/** The customary ports, tried first by `npm start`, so that people's tools find the servers where they expect them. */
const CUSTOMARY_PORTS = { kafka: 9092, postgres: 5432 };

/**
 * Finds or starts Kafka and PostgreSQL, both at the same time.
 * @param options `directory` gets one folder per server
 * @throws what the first one that failed threw; the other one is stopped again
 */
export async function startDevStack(
  options: Omit<DevServerOptions, 'preferredPort'> & { customaryPorts: boolean },
): Promise<DevStack> {
  const ports = options.customaryPorts ? CUSTOMARY_PORTS : { kafka: 0, postgres: 0 };
  const [kafka, postgres] = await Promise.allSettled([
    startKafka({ ...options, directory: join(options.directory, 'kafka'), preferredPort: ports.kafka }),
    startPostgres({ ...options, directory: join(options.directory, 'postgres'), preferredPort: ports.postgres }),
  ]);
  if (kafka.status === 'fulfilled' && postgres.status === 'fulfilled') {
    const servers = [kafka.value, postgres.value];
    const stop = async () => {
      await Promise.all(servers.map((server) => server.stop()));
    };
    return { kafka: kafka.value, postgres: postgres.value, stop };
  }
  for (const outcome of [kafka, postgres]) if (outcome.status === 'fulfilled') await outcome.value.stop();
  throw kafka.status === 'rejected' ? kafka.reason : postgres.status === 'rejected' ? postgres.reason : undefined;
}
