import { hasLevel, hasLogTime } from '@tailrace/log-record/parsers.ts';
import type { NormaliseEvent } from '@tailrace/normalise/normaliser-topology.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { Metrics } from '@tailrace/telemetry/metrics.ts';

interface Counts {
  lines: number;
  withLevel: number;
  withTime: number;
}

export interface ParsingMetrics {
  readonly normalise: NormaliseEvent;
  close(): void;
}

/** Rules of connections have names that people give them: one label stands for all. */
const ruleParser = 'rule:';
const labels = ['provider', 'parser'] as const;

/**
 * Counts what the parsers make of lines, by cloud and parser, whose names are few. The numbers are brought to the
 * metrics when somebody scrapes them: a line costs no more than its place in a map.
 */
export function parsingMetrics(metrics: Metrics, normalise: NormaliseEvent): ParsingMetrics {
  const lines = metrics.counter({
    name: 'tailrace_normaliser_lines_total',
    help: 'Lines normalised, by what read them; parser plain: nothing knew them. A batch that is run again counts again.',
    labels,
  });
  const withLevel = metrics.counter({
    name: 'tailrace_normaliser_lines_with_level_total',
    help: 'Those of them that have a level.',
    labels,
  });
  const withTime = metrics.counter({
    name: 'tailrace_normaliser_lines_with_time_total',
    help: 'Those of them whose text states a time.',
    labels,
  });
  const byProvider = new Map<string, Map<string, Counts>>();

  const stop = metrics.beforeScrape(() => {
    for (const [provider, byParser] of byProvider) {
      for (const [parser, counts] of byParser) {
        lines.inc({ provider, parser }, counts.lines);
        withLevel.inc({ provider, parser }, counts.withLevel);
        withTime.inc({ provider, parser }, counts.withTime);
      }
    }
    byProvider.clear();
  });

  function count(record: LogRecord): void {
    const { provider, parser: name } = record;
    const parser = name.startsWith(ruleParser) ? 'rule' : name;
    const byParser = byProvider.get(provider) ?? new Map<string, Counts>();
    const counts = byParser.get(parser) ?? { lines: 0, withLevel: 0, withTime: 0 };
    if (counts.lines === 0) byProvider.set(provider, byParser.set(parser, counts));
    counts.lines++;
    if (hasLevel(record)) counts.withLevel++;
    if (hasLogTime(record)) counts.withTime++;
  }

  return {
    normalise: (raw, position, options) => {
      const record = normalise(raw, position, options);
      count(record);
      return record;
    },
    close: stop,
  };
}
