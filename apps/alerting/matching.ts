import { LineCounter } from '@tailrace/alert-evaluation/line-counter.ts';
import type { LogRecord } from '@tailrace/schemas/generated/log-record.ts';
import type { PartitionProgress } from '@tailrace/schemas/generated/partition-progress.ts';
import type { Topology } from '@tailrace/stream/processing/topology.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { AlertingMetrics } from './alerting-metrics.ts';
import type { RuleRegistry } from './rule-registry.ts';
import type { WatermarkTracker } from './watermark-tracker.ts';

export interface MatchingOptions {
  readonly book: RuleRegistry;
  readonly watermarks: Pick<WatermarkTracker, 'follow'>;
  readonly metrics: AlertingMetrics;
  readonly latenessMs: number;
}

/**
 * The first stage of alerting: counts the lines of one partition of `logs` for the rules they match, a transaction at a
 * time, and says how far its connections are complete, behind the counts that this is about. It has no state.
 */
export function matchingTopology({ book, watermarks, metrics, latenessMs }: MatchingOptions): Topology<LogRecord> {
  return {
    group: 'alert-matching',
    inputs: [topics.logs],
    outputs: [topics.alertPartials],
    processor: ({ partition, wake, ended }) => {
      const counter = new LineCounter({
        matcher: book.matcher,
        // A rule says nothing of the time before it was made, but for lines that were under way.
        since: ({ rule }) => rule.created_at - latenessMs * 1000,
        onTooEarly: () => metrics.lateLines(1),
      });
      let offered: { readonly progress: PartitionProgress; readonly end: number } | undefined;
      watermarks.follow(
        partition,
        (progress, end) => {
          offered = { progress, end };
          wake();
        },
        ended,
      );
      return {
        wants: (headers) => {
          const project = headers.get('project');
          return project === undefined || book.matcher.watches(project.toString());
        },
        process: ({ value, partition: from, offset }) => counter.adding(value, { partition: from, offset }),
        finish: (emit, nextOffset) => {
          for (const counts of counter.take()) emit(topics.alertPartials, counts.rule_id, { counts, progress: null });
          if (!offered || nextOffset < offered.end) return;
          const { progress } = offered;
          offered = undefined;
          emit(topics.alertPartials, `progress/${partition}`, { counts: null, progress }, { everyPartition: true });
        },
      };
    },
  };
}
