import 'uplot/dist/uPlot.min.css';
import { memo, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { watchSize } from '../../ui/browser/element-size.ts';
import { useResource } from '../../ui/loading/use-resource.ts';
import { count, shortMoment } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import { spanMs, type TimeView } from '../query/view.ts';
import { rangeParameters } from '../range-parameters.ts';
import { inPlainWords } from '../session/refusal.ts';
import { Legend } from './legend.tsx';
import { nothing, usePlot } from './plot.ts';
import { type Bars, barsOfGroups, barsOfLevels, colouredGroups, type Layer } from './stack.ts';

interface HistogramProps {
  /** The filter as JSON; undefined while it cannot be read. */
  readonly filterKey: string | undefined;
  readonly time: TimeView;
  /** Nothing can be counted: the filter or the time makes no sense. */
  readonly isRefused: boolean;
  readonly onRange: (from: string, to: string) => void;
  /** The field that stacks the bars, as the API takes it; undefined: by severity. */
  readonly by: string | undefined;
  /** What a value of the field is called. */
  readonly nameOf: (value: string) => string;
  /** Called with a value of the field that is wanted, or left out. */
  readonly onValue: (value: string, negative: boolean) => void;
  /** What stands at the head, before the counts. */
  readonly children?: ReactNode;
}

const widthOfBucketPx = 8;
const leastEveryMs = 5000;

/** How often counts are read again: a wide view changes slowly, and costs more to count. */
function everyMs(time: TimeView): number | undefined {
  return time.kind === 'range' ? undefined : Math.max(leastEveryMs, time.kind === 'live' ? spanMs(time.span) / 180 : 0);
}

/** Lines counted by time and severity, or by a field. Dragging over it chooses that part of time. */
export const Histogram = memo(function Histogram(props: HistogramProps) {
  const { isRefused, onRange, by, nameOf, onValue, children } = props;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const { value: bars, problem } = useBars(
    props,
    Math.max(20, Math.min(240, Math.floor(width / widthOfBucketPx))),
    width,
  );
  const [pointed, setPointed] = useState<number>();
  usePlot(box, width, isRefused ? nothing : bars, setPointed, onRange);

  const summary = useMemo(() => (isRefused ? 'Not counted' : summaryOf(bars, by)), [isRefused, bars, by]);
  const isPointed = pointed !== undefined && bars !== undefined && pointed < bars.starts.length;
  const title = by === undefined ? 'Lines by time and severity' : `Lines by time and ${oneLine(by)}`;
  return (
    <section className="histogram" aria-label={title}>
      <div className="histogram-head">
        {children}
        <p className="histogram-note" aria-hidden="true">
          {(isRefused ? undefined : problem && inPlainWords(problem)) ??
            (isPointed ? barNote(bars, pointed, nameOf) : summary)}
        </p>
      </div>
      <div ref={box} className="histogram-plot" role="img" aria-label={summary} />
      {by !== undefined && bars !== undefined && !isRefused && (
        <Legend by={by} bars={bars} nameOf={nameOf} onValue={onValue} />
      )}
    </section>
  );
});

/** The counts that are drawn, read again as often as they change to the eye. */
function useBars({ filterKey, time, isRefused, by }: HistogramProps, buckets: number, width: number) {
  const { api, project } = useApp();
  const timeKey = JSON.stringify(time);
  const read = useCallback(
    async (signal: AbortSignal): Promise<Bars | undefined> => {
      if (filterKey === undefined || isRefused || width === 0) return undefined;
      const view: TimeView = JSON.parse(timeKey);
      const asked = { filter: filterKey, ...rangeParameters(view), buckets };
      const path = { project_id: project };
      if (by === undefined) {
        return barsOfLevels(await api.call('GET stream/{project_id}/histogram', { path, query: asked, signal }));
      }
      const query = { ...asked, by, top: colouredGroups };
      return barsOfGroups(await api.call('GET stream/{project_id}/aggregate', { path, query, signal }));
    },
    [api, project, filterKey, timeKey, isRefused, buckets, width, by],
  );
  return useResource(read, everyMs(time));
}

function barNote({ starts, intervalMs, layers }: Bars, at: number, nameOf: HistogramProps['nameOf']): string {
  const start = starts[at] ?? '';
  const end = new Date(Date.parse(start) + intervalMs).toISOString();
  const parts = layers.flatMap((layer) => {
    const lines = layer.counts[at];
    return lines ? `${count(lines)} ${layerName(layer, nameOf)}` : [];
  });
  return `${shortMoment(start)} – ${shortMoment(end)}   ${parts.join(' · ') || 'no lines'}`;
}

function layerName({ kind, name }: Layer, nameOf: HistogramProps['nameOf']): string {
  return kind === 'group' ? oneLine(nameOf(name)) : name;
}

function summaryOf(bars: Bars | undefined, by: string | undefined): string {
  if (bars === undefined) return 'Counting…';
  const { layers, groupsLeftOut, countedFrom, from } = bars;
  const total = layers.reduce((sum, each) => sum + each.total, 0);
  const bad = layers.reduce((sum, { name, total }) => sum + (name === 'error' || name === 'fatal' ? total : 0), 0);
  const values = layers.filter(({ kind }) => kind === 'group').length + groupsLeftOut;
  const what =
    by === undefined
      ? `${count(bad)} of them errors`
      : `${count(values)} ${values === 1 ? 'value' : 'values'} of ${oneLine(by)}`;
  const cut = countedFrom > from ? `, counted from ${shortMoment(countedFrom)} on` : '';
  return `${count(total)} lines, ${what}${cut}`;
}

function useWidth(box: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (box.current === null) return undefined;
    return watchSize(box.current, ({ clientWidth }) => setWidth(clientWidth));
  }, [box]);
  return width;
}
