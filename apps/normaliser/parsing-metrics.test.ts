import { normalise } from '@tailrace/normalise/normalise.ts';
import { normaliserTopologyOf } from '@tailrace/normalise/normaliser-topology.ts';
import type { RawEvent } from '@tailrace/schemas/generated/raw-event.ts';
import { InMemoryRunner } from '@tailrace/stream/processing/in-memory-runner.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { rawTopics, topics } from '@tailrace/topics/topics.ts';
import { afterEach, expect, it } from 'vitest';
import { parsingMetrics } from './parsing-metrics.ts';

const runner = new InMemoryRunner();
afterEach(() => runner.stop());

const time = Date.UTC(2024, 0, 31) * 1000;
const event = (message: string, index: number): RawEvent => ({
  connection_id: `conn_${index}`,
  project_id: 'shop',
  provider: 'aws',
  event_id: `e${index}`,
  timestamp: time,
  timestamp_nanos: 0,
  observed_timestamp: time,
  ingest_timestamp: time,
  source: {},
  stream: 's',
  payload: JSON.stringify({ message }),
  rewind_id: null,
});

async function shown(metrics: Metrics): Promise<Record<string, number>> {
  const pattern = /^tailrace_normaliser_(lines\w*)_total\{provider="aws",parser="(\w+)"\} (\d+)$/gm;
  const values = (await metrics.expose()).matchAll(pattern);
  return Object.fromEntries(Array.from(values, ([, name, parser, value]) => [`${name} ${parser}`, Number(value)]));
}

it('lines are counted by what read them, with those that have a level and a time, each once however often they are scraped', async () => {
  const metrics = new Metrics();
  const parsing = parsingMetrics(metrics, normalise);
  await runner.createTopics([...Object.values(rawTopics), topics.logs, topics.logsReplayed]);
  const topology = normaliserTopologyOf(parsing.normalise);
  const messages = [
    '2024-01-31 10:20:30,123 ERROR [main] com.shop.Order - Order failed',
    'ERROR: no stock',
    'nothing that is known',
    'nothing either',
  ];
  await runner.write(
    topics.rawAws,
    messages.map(event).map((each) => [each.connection_id, each]),
  );
  await runner.start(topology);
  await runner.settled(topology);
  const expected = {
    'lines java': 1,
    'lines_with_level java': 1,
    'lines_with_time java': 1,
    'lines prefix': 1,
    'lines_with_level prefix': 1,
    'lines_with_time prefix': 0,
    'lines plain': 2,
    'lines_with_level plain': 0,
    'lines_with_time plain': 0,
  };
  expect(await shown(metrics)).toEqual(expected);
  expect(await shown(metrics)).toEqual(expected);
  parsing.close();
});

it('the rules of connections share one label, whatever they are called', async () => {
  const metrics = new Metrics();
  const parsing = parsingMetrics(metrics, (raw, position, options) => ({
    ...normalise(raw, position, options),
    parser: `rule:${raw.event_id}`,
  }));
  for (const number of [1, 2, 3]) parsing.normalise(event('whatever', number), { partition: 0, offset: number });
  expect(await shown(metrics)).toEqual({ 'lines rule': 3, 'lines_with_level rule': 0, 'lines_with_time rule': 0 });
  parsing.close();
});
