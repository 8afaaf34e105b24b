import { normalise } from '@tailrace/normalise/normalise.ts';
import { logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import { rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { benchEvents } from './bench-events.ts';

/**
 * What the normaliser's work costs without Kafka, on one core: decoding the raw event, normalising it, encoding the
 * record. Prints one JSON line a step, the median of the rounds after a warm-up. N events (200,000), ROUNDS (7).
 */
const count = Number(process.env.N ?? 200_000);
const rounds = Number(process.env.ROUNDS ?? 7);
const warmUp = 2;

const events = benchEvents(count);
const encoded = events.map((event) => Buffer.from(rawEventCodec.encode(event)));
const bytes = encoded.reduce((sum, value) => sum + value.length, 0) / count;
const position = { partition: 0, offset: 0 };

const steps: Readonly<Record<string, (index: number) => number>> = {
  decode: (index) => rawEventCodec.decode(encoded[index] as Buffer).timestamp,
  normalise: (index) => normalise(events[index]!, position).severity_number,
  'decode+normalise': (index) => normalise(rawEventCodec.decode(encoded[index] as Buffer), position).severity_number,
  'decode+normalise+encode': (index) =>
    logRecordCodec.encode(normalise(rawEventCodec.decode(encoded[index] as Buffer), position)).length,
};

for (const [name, step] of Object.entries(steps)) {
  const rates: number[] = [];
  let checksum = 0;
  for (let round = 0; round < rounds + warmUp; round++) {
    const start = performance.now();
    for (let index = 0; index < count; index++) checksum += step(index);
    const rate = (count / (performance.now() - start)) * 1000;
    if (round >= warmUp) rates.push(rate);
  }
  const median = rates.sort((one, other) => one - other)[Math.floor(rates.length / 2)] as number;
  console.log(
    JSON.stringify({
      step: name,
      events_per_s: Math.round(median),
      ns: Math.round(1e9 / median),
      raw_bytes: Math.round(bytes),
      checksum,
    }),
  );
}
