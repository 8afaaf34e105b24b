import { resolve } from 'node:path';
import { threadCpuUsage } from 'node:process';
import { pathToFileURL } from 'node:url';
import { goldenLines } from '@tailrace/normalise/golden-lines.ts';
import { normalise } from '@tailrace/normalise/normalise.ts';
import { logRecordCodec } from '@tailrace/schemas/generated/log-record.ts';
import { type RawEvent, rawEventCodec } from '@tailrace/schemas/generated/raw-event.ts';
import { benchEvents } from './bench-events.ts';

/**
 * What the normaliser's work costs without Kafka, on one core: decoding the raw event, normalising it, encoding the
 * record; then normalising alone, by the kinds of line in the mix and by parser, on the parser's golden lines. Prints
 * one JSON line for each: nanoseconds of this thread's processor time an event in the best round, since what else the
 * machine does only adds to it.
 *
 * N events (200,000), ROUNDS (7) after a warm-up. AGAINST names another checkout, whose `normalise` then takes turns
 * with this one, round by round, on the same events; `ratio` is this one's best time by the other's.
 */
const count = Number(process.env.N ?? 200_000);
const rounds = Number(process.env.ROUNDS ?? 7);
const warmUp = 2;
const against = process.env.AGAINST;

type Step = (index: number) => number;
type Normalise = typeof normalise;

const position = { partition: 0, offset: 0 };
const other = against === undefined ? undefined : await normaliseOf(against);

/** A checkout with its own `node_modules`. */
async function normaliseOf(checkout: string): Promise<Normalise> {
  const module: { normalise: Normalise } = await import(
    pathToFileURL(resolve(checkout, 'libs/normalise/normalise.ts')).href
  );
  return module.normalise;
}

/** Nanoseconds of processor time an event, and what keeps the compiler from leaving the work out. */
function timeOf(step: Step, events: number): { readonly ns: number; readonly checksum: number } {
  let checksum = 0;
  const before = threadCpuUsage();
  for (let index = 0; index < events; index++) checksum += step(index);
  const { user, system } = threadCpuUsage(before);
  return { ns: ((user + system) * 1000) / events, checksum };
}

function report(name: Record<string, string>, events: number, step: Step, otherStep?: Step): void {
  let best = Number.POSITIVE_INFINITY;
  let otherBest = Number.POSITIVE_INFINITY;
  let checksum = 0;
  for (let round = 0; round < rounds + warmUp; round++) {
    const measured = timeOf(step, events);
    const compared = otherStep && timeOf(otherStep, events);
    if (round < warmUp) continue;
    ({ checksum } = measured);
    best = Math.min(best, measured.ns);
    otherBest = Math.min(otherBest, compared?.ns ?? otherBest);
  }
  const ratio = otherStep === undefined ? {} : { ratio: Number((best / otherBest).toFixed(2)) };
  console.log(
    JSON.stringify({ ...name, ns: Math.round(best), events_per_s: Math.round(1e9 / best), ...ratio, checksum }),
  );
}

function reportNormalise(name: Record<string, string>, events: readonly RawEvent[], times = events.length): void {
  const stepOf = (run: Normalise) => (index: number) =>
    run(events[index % events.length] as RawEvent, position).severity_number;
  report(name, times, stepOf(normalise), other && stepOf(other));
}

const mix = benchEvents(count);
const encoded = mix.map((event) => Buffer.from(rawEventCodec.encode(event)));
report({ step: 'decode' }, count, (index) => rawEventCodec.decode(encoded[index] as Buffer).timestamp);
reportNormalise({ step: 'normalise' }, mix);
report({ step: 'decode+normalise+encode' }, count, (index) => {
  const raw = rawEventCodec.decode(encoded[index] as Buffer);
  return logRecordCodec.encode(normalise(raw, position)).length;
});

for (const [kind, begins] of [
  ['json', '"message":"{'],
  ['text', '"message":"2025'],
  ['logfmt', '"message":"ts='],
] as const) {
  reportNormalise(
    { kind },
    mix.filter(({ payload }) => payload.includes(begins)),
  );
}

const longestLine = 2000;
const golden = goldenLines().filter(({ text }) => text.length <= longestLine);
const template = mix[0] as RawEvent;
for (const parser of [...new Set(golden.map((line) => line.parser))].sort()) {
  const lines = golden.filter((line) => line.parser === parser);
  const events = lines.map(({ text }) => ({ ...template, payload: JSON.stringify({ message: text }) }));
  reportNormalise({ parser }, events, Math.ceil(count / 10));
}
