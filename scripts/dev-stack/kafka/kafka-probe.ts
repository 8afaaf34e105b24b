import { connect } from 'node:net';

const TIMEOUT_MS = 1_000;

/** Metadata request, version 1, asking for no topic: https://kafka.apache.org/43/design/protocol/#The_Messages_Metadata */
const METADATA_REQUEST = Buffer.from([
  ...[0, 0, 0, 14], // size
  ...[0, 3], // api key
  ...[0, 1], // api version
  ...[0, 0, 0, 1], // correlation id
  ...[255, 255], // no client id
  ...[0, 0, 0, 0], // no topics
]);

/** In the response: size and correlation id come first, then the number of brokers. */
const BROKER_COUNT_AT = 8;

/** Whether a broker answers and is a registered, unfenced member of its cluster. */
export function isKafkaReady(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    let answer = Buffer.alloc(0);
    const finish = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('connect', () => socket.write(METADATA_REQUEST));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= BROKER_COUNT_AT + 4) finish(answer.readInt32BE(BROKER_COUNT_AT) > 0);
    });
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
