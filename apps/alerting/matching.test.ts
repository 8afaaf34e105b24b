import { RuleMatcher } from '@tailrace/alert-rules/matching/rule-matcher.ts';
import { testLine } from '@tailrace/alert-rules/test-lines.ts';
import { compiledRule } from '@tailrace/alert-rules/test-rules.ts';
import type { InputRecord, TaskContext } from '@tailrace/stream/processing/topology.ts';
import { createLogger } from '@tailrace/telemetry/logger.ts';
import { Metrics } from '@tailrace/telemetry/metrics.ts';
import { expect, it } from 'vitest';
import { alertingMetrics } from './alerting-metrics.ts';
import { matchingTopology } from './matching.ts';
import type { RuleRegistry } from './rule-registry.ts';

it('matching asks each rule about a line in a step of its own, so that many do not hold up everything else', () => {
  const matcher = new RuleMatcher();
  for (let index = 0; index < 7; index += 1) {
    const conditions = JSON.stringify({ pattern: `[0-${index}]`, case_sensitive: true });
    matcher.set(compiledRule({ id: `rule_${index}`, alert_type: 'pattern_match', conditions }));
  }
  const topology = matchingTopology({
    book: { matcher } as RuleRegistry,
    watermarks: { follow: () => undefined },
    metrics: alertingMetrics(new Metrics(), createLogger({ level: 'silent' })),
    latenessMs: 60_000,
  });
  const processor = topology.processor({ partition: 0, wake: () => undefined } as TaskContext);
  const value = testLine(1, { project_id: 'shop', body: 'code 5' });
  const record = { topic: 'logs', partition: 0, offset: 0, value } as InputRecord<typeof value>;
  const steps = processor.process(record, () => undefined);
  expect([...(steps ?? [])]).toHaveLength(7);
  const counted: string[] = [];
  processor.finish?.((_, key) => counted.push(key), 1);
  expect(counted).toEqual(['rule_5', 'rule_6']);
});
