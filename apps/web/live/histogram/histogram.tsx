import 'uplot/dist/uPlot.min.css';
import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useApp } from '../../ui/app-context.ts';
import { watchSize } from '../../ui/browser/element-size.ts';
import { watchMedia } from '../../ui/browser/media-query.ts';
import { useResource } from '../../ui/loading/use-resource.ts';
import { count, monthAndDay, shortMoment } from '../../ui/text/format.ts';
import { rangeOf, spanMs, type TimeView } from '../query/view.ts';
import { inPlainWords } from '../session/refusal.ts';
import { countMarks } from './count-marks.ts';
import { stack, stackedLevels } from './stack.ts';

interface HistogramProps {
  /** The filter as JSON; undefined while it cannot be read. */
  readonly filterKey: string | undefined;
  readonly time: TimeView;
  /** Nothing can be counted: the filter or the time makes no sense. */
  readonly isRefused: boolean;
  readonly onRange: (from: string, to: string) => void;
}

type Counts = AnswerOf<'GET stream/{project_id}/histogram'>;

/** No bars. */
const nothing = { buckets: [], from: '', to: '' };

const heightPx = 74;
const widthOfBucketPx = 8;
const leastEveryMs = 5000;

/** How often counts are read again: a wide view changes slowly, and costs more to count. */
function everyMs(time: TimeView): number | undefined {
  return time.kind === 'range' ? undefined : Math.max(leastEveryMs, time.kind === 'live' ? spanMs(time.span) / 180 : 0);
}

/** Lines counted by time and severity. Dragging over it chooses that part of time. */
export const Histogram = memo(function Histogram({ filterKey, time, isRefused, onRange }: HistogramProps) {
  const { api, project } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const timeKey = JSON.stringify(time);
  const buckets = Math.max(20, Math.min(240, Math.floor(width / widthOfBucketPx)));
  const read = useCallback(
    async (signal: AbortSignal): Promise<Counts | undefined> => {
      if (filterKey === undefined || isRefused || width === 0) return undefined;
      const view: TimeView = JSON.parse(timeKey);
      const { from, to } = rangeOf(view, Date.now());
      return api.call('GET stream/{project_id}/histogram', {
        path: { project_id: project },
        query: {
          filter: filterKey,
          from: new Date(from).toISOString(),
          to: view.kind === 'live' ? 'now' : new Date(to).toISOString(),
          buckets,
        },
        signal,
      });
    },
    [api, project, filterKey, timeKey, isRefused, buckets, width],
  );
  const { value: counts, problem } = useResource(read, everyMs(time));
  const [pointed, setPointed] = useState<number>();
  usePlot(box, width, isRefused ? nothing : counts, setPointed, onRange);

  const summary = useMemo(() => (isRefused ? 'Not counted' : summaryOf(counts)), [isRefused, counts]);
  const bucket = pointed === undefined ? undefined : counts?.buckets[pointed];
  return (
    <section className="histogram" aria-label="Lines by time and severity">
      <div ref={box} className="histogram-plot" role="img" aria-label={summary} />
      <p className="histogram-note" aria-hidden="true">
        {(isRefused ? undefined : problem && inPlainWords(problem)) ??
          (bucket && counts ? bucketNote(bucket, counts.interval_ms) : summary)}
      </p>
    </section>
  );
});

function bucketNote(bucket: Counts['buckets'][number], intervalMs: number): string {
  const end = new Date(Date.parse(bucket.start) + intervalMs).toISOString();
  const levels = stackedLevels.flatMap((level) => {
    const lines = bucket.levels[level];
    return lines ? `${count(lines)} ${level}` : [];
  });
  return `${shortMoment(bucket.start)} – ${shortMoment(end)}   ${levels.join(' · ') || 'no lines'}`;
}

function summaryOf(counts: Counts | undefined): string {
  if (counts === undefined) return 'Counting…';
  const total = counts.buckets.reduce((sum, each) => sum + each.total, 0);
  const bad = counts.buckets.reduce((sum, { levels }) => sum + (levels.error ?? 0) + (levels.fatal ?? 0), 0);
  const cut = counts.counted_from > counts.from ? `, counted from ${shortMoment(counts.counted_from)} on` : '';
  return `${count(total)} lines, ${count(bad)} of them errors${cut}`;
}

function useWidth(box: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (box.current === null) return undefined;
    return watchSize(box.current, ({ clientWidth }) => setWidth(clientWidth));
  }, [box]);
  return width;
}

/** Where no canvas can be drawn on, the counts are still there in words. */
function canDraw(): boolean {
  return document.createElement('canvas').getContext('2d') !== null;
}

function usePlot(
  box: React.RefObject<HTMLDivElement | null>,
  width: number,
  counts: Pick<Counts, 'buckets' | 'from' | 'to'> | undefined,
  onPoint: (index: number | undefined) => void,
  onRange: (from: string, to: string) => void,
): void {
  const plot = useRef<uPlot>(undefined);
  const chosen = useRef(onRange);
  chosen.current = onRange;
  const [themed, setThemed] = useState(0);
  useEffect(() => {
    const change = () => setThemed((times) => times + 1);
    const media = watchMedia('(prefers-color-scheme: dark)', change);
    window.addEventListener('themechange', change);
    return () => {
      window.removeEventListener('themechange', change);
      media.stop();
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read again for another theme
  useEffect(() => {
    if (box.current === null || width === 0 || !canDraw()) return undefined;
    const created = new uPlot(
      optionsFor(width, onPoint, (from, to) => chosen.current(from, to)),
      [[], ...stackedLevels.map(() => [])],
      box.current,
    );
    plot.current = created;
    return () => {
      created.destroy();
      plot.current = undefined;
    };
  }, [box, width, onPoint, themed]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot needs its data too
  useEffect(() => {
    if (counts === undefined || plot.current === undefined) return;
    plot.current.setData(stack(counts.buckets), false);
    if (counts === nothing) return;
    plot.current.setScale('x', { min: Date.parse(counts.from) / 1000, max: Date.parse(counts.to) / 1000 });
  }, [counts, width, themed]);
}

function optionsFor(
  width: number,
  onPoint: (index: number | undefined) => void,
  onRange: (from: string, to: string) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${colour('--sans')}`;
  const bars = uPlot.paths.bars?.({ size: [0.86, 40], align: 1 });
  const axis = {
    stroke: colour('--text-dim'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('--line'), width: 1 },
  };
  return {
    width,
    height: heightPx,
    padding: [6, 14, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(4, (max ?? 0) * 1.08)] } },
    axes: [
      { ...axis, size: 18, gap: 2, grid: { show: false }, values: timeLabels },
      { ...axis, size: 44, gap: 4, splits: (_plot, _axis, _min, max) => countMarks(max) },
    ],
    series: [
      {},
      ...stackedLevels.map((level) => ({
        fill: colour(`--bar-${level}`),
        width: 0,
        ...(bars && { paths: bars }),
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: size } = plot.select;
          if (size < 3) return;
          const at = (x: number) => new Date(Math.round(plot.posToVal(x, 'x') * 1000)).toISOString();
          onRange(at(left), at(left + size));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

function timeLabels(_plot: uPlot, splits: readonly number[]): string[] {
  const seconds = splits.some((split) => split % 60 !== 0);
  return splits.map((split) => {
    const time = new Date(split * 1000);
    if (time.getHours() === 0 && time.getMinutes() === 0) return monthAndDay(time);
    return time.toTimeString().slice(0, seconds ? 8 : 5);
  });
}
