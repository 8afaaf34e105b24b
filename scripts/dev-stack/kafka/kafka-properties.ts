/** What differs from one development broker to another. */
interface BrokerSettings {
  readonly dataDirectory: string;
  /** Where the broker listens: `127.0.0.1`, or `0.0.0.0` in a container. */
  readonly bindHost: string;
  /** The host by which clients reach it. */
  readonly advertisedHost: string;
  readonly brokerPort: number;
  readonly controllerPort: number;
}

/**
 * The configuration of a KRaft cluster of one node: https://kafka.apache.org/43/configuration/broker-configs/
 * Internal topics have few partitions and one replica, because a single broker has to create and load them; a group's
 * first rebalance does not wait for more members; topics are created by Tailrace only.
 */
export function kafkaProperties(settings: BrokerSettings): Record<string, string> {
  const { dataDirectory, bindHost, advertisedHost, brokerPort, controllerPort } = settings;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${bindHost}:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${advertisedHost}:${brokerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '1',
    // A broker that was killed can register again only when its old session has run out; the default is 9 s.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // The default (128 MB) is a quarter of the small heap these brokers run with.
    'log.cleaner.dedupe.buffer.size': String(16 * 1024 * 1024),
  };
}
