import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface StartedBroker {
  readonly brokers: string;
  kill9(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

type Properties = Record<string, string>;

export type StartBroker = (options: {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: (line: string) => void;
  readonly adaptProperties: (properties: Properties) => Properties;
}) => Promise<StartedBroker>;

/** Three brokers, the first of which is also the controller and stays. Everything is on all three. */
export interface KafkaCluster {
  readonly brokers: readonly string[];
  /** Has a folder for each broker, by its node id. */
  readonly directory: string;
  /** The brokers that may be killed, by node id. */
  readonly mortal: ReadonlyMap<number, Pick<StartedBroker, 'kill9' | 'restart'>>;
  /** As kill -9 of every broker, the controller too. */
  killAll(): Promise<void>;
  restartAll(): Promise<void>;
  stop(): Promise<void>;
}

const replicated: Properties = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
};

export async function startKafkaCluster(start: StartBroker): Promise<KafkaCluster> {
  const root = mkdtempSync(join(tmpdir(), 'tailrace-kafka-cluster-'));
  const common = { environment: { ...process.env, KAFKA_BROKERS: undefined }, report: () => undefined };
  let voters = '';
  const first = await start({
    ...common,
    directory: join(root, '1'),
    adaptProperties: (properties) => {
      voters = properties['controller.quorum.voters'] ?? '';
      return { ...properties, ...replicated };
    },
  });
  const clusterId = /^cluster\.id=(.*)$/m.exec(readFileSync(join(root, '1', 'data', 'meta.properties'), 'utf8'))?.[1];
  const others = await Promise.all(
    [2, 3].map(async (nodeId) => {
      const directory = join(root, String(nodeId));
      joinDirectory(join(directory, 'data'), clusterId ?? '', nodeId);
      const adaptProperties = (properties: Properties) => asFollower(properties, nodeId, voters);
      return [nodeId, await start({ ...common, directory, adaptProperties })] as const;
    }),
  );
  return {
    brokers: [first, ...others.map(([, broker]) => broker)].map(({ brokers }) => brokers),
    directory: root,
    mortal: new Map(others),
    killAll: async () => {
      await Promise.all([first, ...others.map(([, broker]) => broker)].map((broker) => broker.kill9()));
    },
    restartAll: async () => {
      await Promise.all([first, ...others.map(([, broker]) => broker)].map((broker) => broker.restart()));
    },
    stop: async () => {
      await Promise.all(others.map(([, broker]) => broker.stop()));
      await first.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function asFollower(properties: Properties, nodeId: number, voters: string): Properties {
  return {
    ...properties,
    ...replicated,
    'process.roles': 'broker',
    'node.id': String(nodeId),
    'controller.quorum.voters': voters,
    listeners: (properties.listeners ?? '').replace(/,CONTROLLER:.*$/, ''),
  };
}

/** What `kafka-storage format` writes for a broker that joins a cluster. */
function joinDirectory(directory: string, clusterId: string, nodeId: number): void {
  mkdirSync(directory, { recursive: true });
  const directoryId = randomBytes(16).toString('base64url');
  const lines = ['version=1', `cluster.id=${clusterId}`, `node.id=${nodeId}`, `directory.id=${directoryId}`, ''];
  writeFileSync(join(directory, 'meta.properties'), lines.join('\n'));
}
