import { join } from 'node:path';
import type { Unavailable } from '../choose-server.ts';
import { findContainerEngine } from '../container-engine.ts';
import { startContainer } from '../container-server.ts';
import type { DevKafka, DevServerOptions } from '../dev-server.ts';
import { choosePort } from '../ports.ts';
import { KAFKA_VERSION } from './kafka-jars.ts';
import { isKafkaReady } from './kafka-probe.ts';
import { kafkaProperties } from './kafka-properties.ts';

const CONTROLLER_PORT = 9093;
const DATA_PATH = '/var/lib/kafka/data';

/** A broker in a container of Apache Kafka's own image: https://hub.docker.com/r/apache/kafka */
export async function startKafkaContainer(options: DevServerOptions): Promise<DevKafka | Unavailable> {
  const engine = await findContainerEngine(options.environment);
  if ('unavailable' in engine) return engine;
  const { host } = engine.info.containerRuntime;
  const hostPort = await choosePort(join(options.directory, 'broker.port'), options.preferredPort ?? 0, [
    CONTROLLER_PORT,
  ]);
  const properties = kafkaProperties({
    dataDirectory: DATA_PATH,
    bindHost: '0.0.0.0',
    advertisedHost: host,
    brokerPort: hostPort,
    controllerPort: CONTROLLER_PORT,
  });
  const adapted = options.adaptProperties?.(properties) ?? properties;
  const server = await startContainer(
    engine,
    {
      name: 'Kafka',
      image: `apache/kafka:${KAFKA_VERSION}`,
      environment: { ...imageVariables(adapted), KAFKA_HEAP_OPTS: '-Xms128m -Xmx512m' },
      containerPort: hostPort,
      hostPort,
      dataPath: DATA_PATH,
      isReady: () => isKafkaReady(hostPort, host),
    },
    options,
  );
  return 'unavailable' in server ? server : { ...server, brokers: `${host}:${hostPort}` };
}

/** The image reads `a.b.c` from the variable `KAFKA_A_B_C`. */
function imageVariables(properties: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  );
}
