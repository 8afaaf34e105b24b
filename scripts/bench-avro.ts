import { type LogRecord, logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import avsc from 'avsc';

/**
 * `node scripts/bench-avro.ts` compares our generated codec of log records with avsc's, in one run on one core, and
 * prints rates and ratios. Rounds of the two take turns, so that a busy machine slows both; the median round counts.
 */
const different = 500;
const perRound = 200_000;
const rounds = 9;

const records = Array.from({ length: different }, (_, index) => recordOf(index));
const type = avsc.Type.forSchema(JSON.parse(logRecordCodec.schema));
const ours = records.map((record) => Buffer.from(logRecordCodec.encode(record)));
const theirs = records.map((record) => type.toBuffer(record));
/** Whatever a call gives goes here, so that no call can be optimised away. */
let last: unknown;

const bytes = Math.round(ours.reduce((sum, each) => sum + each.length, 0) / different);
console.log(`log records of ${bytes} bytes on average, Node ${process.version}`);
compare(
  'encode',
  (index) => logRecordCodec.encode(at(records, index)),
  (index) => type.toBuffer(at(records, index)),
);
compare(
  'decode',
  (index) => logRecordCodec.decode(at(ours, index)),
  (index) => type.fromBuffer(at(theirs, index)),
);
if (last === undefined) throw new Error('nothing was measured');

function compare(what: string, our: (index: number) => unknown, their: (index: number) => unknown): void {
  const rates = { our: [] as number[], their: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    rates.our.push(rateOf(our));
    rates.their.push(rateOf(their));
  }
  const [tailrace, peer] = [median(rates.our), median(rates.their)];
  const ratio = (tailrace / peer).toFixed(2);
  console.log(`${what}: ${thousands(tailrace)}/s, avsc ${thousands(peer)}/s, ratio ${ratio}`);
}

/** Calls a second. */
function rateOf(call: (index: number) => unknown): number {
  const start = performance.now();
  for (let index = 0; index < perRound; index++) last = call(index % different);
  return (perRound / (performance.now() - start)) * 1000;
}

function median(values: readonly number[]): number {
  return at(
    values.toSorted((left, right) => left - right),
    Math.floor(values.length / 2),
  );
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)}k`;
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}

function recordOf(index: number): LogRecord {
  const micros = 1_764_000_000_000_000 + index * 1013;
  const status = index % 17 === 0 ? 503 : 200;
  return {
    id: hexadecimal(index * 7919, 32),
    project_id: 'demo',
    connection_id: 'conn_0123456789abcdefghijklmn',
    provider: 'aws',
    timestamp: micros,
    timestamp_nanos: 0,
    observed_timestamp: micros + 150_000,
    ingest_timestamp: micros + 400_000,
    severity_number: status === 503 ? 17 : 9,
    severity_text: status === 503 ? 'ERROR' : 'INFO',
    body: `POST /api/v1/orders/${index * 31} ${status} in ${index % 90} ms for customer ${index * 77} from 10.1.${index % 255}.7, retried ${index % 3} times`,
    trace_id: hexadecimal(index * 1009, 32),
    span_id: hexadecimal(index * 4001, 16),
    resource: {
      'cloud.provider': 'aws',
      'cloud.region': 'eu-west-1',
      'service.name': `service-${index % 12}`,
      'aws.log.group.names': '/ecs/production/checkout',
    },
    attributes: {
      'http.request.method': 'POST',
      'http.response.status_code': String(status),
      'client.address': `10.1.${index % 255}.7`,
      duration_ms: String(index % 90),
      'user.id': String(index * 77),
    },
    stream: `ecs/checkout/${index % 8}`,
    parser: 'json',
    normaliser_version: 1,
    truncated_from: null,
    flags: [],
    raw_partition: 3,
    raw_offset: 5_000_000 + index,
    replay_id: null,
  };
}

function hexadecimal(seed: number, digits: number): string {
  return (seed + 1).toString(16).padStart(digits, 'a7');
}
