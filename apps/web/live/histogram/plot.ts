import { type RefObject, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import { watchMedia } from '../../ui/browser/media-query.ts';
import { monthAndDay } from '../../ui/text/format.ts';
import { countMarks } from './count-marks.ts';
import { type Bars, stack } from './stack.ts';

/** No bars. */
export const nothing: Bars = {
  from: '',
  to: '',
  countedFrom: '',
  intervalMs: 0,
  starts: [],
  layers: [],
  groupsLeftOut: 0,
};

const heightPx = 74;

/** Where no canvas can be drawn on, the counts are still there in words. */
function canDraw(): boolean {
  return document.createElement('canvas').getContext('2d') !== null;
}

/** Draws the bars into the box, and says what is pointed at and which part of time is dragged over. */
export function usePlot(
  box: RefObject<HTMLDivElement | null>,
  width: number,
  bars: Bars | undefined,
  onPoint: (index: number | undefined) => void,
  onRange: (from: string, to: string) => void,
): void {
  const plot = useRef<uPlot>(undefined);
  const chosen = useRef(onRange);
  chosen.current = onRange;
  const [themed, setThemed] = useState(0);
  // Another plot for other layers: they are its series.
  const lastColours = useRef('');
  if (bars !== undefined && bars !== nothing) lastColours.current = bars.layers.map(({ colour }) => colour).join(' ');
  const colours = lastColours.current;
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
    if (box.current === null || width === 0 || colours === '' || !canDraw()) return undefined;
    const created = new uPlot(
      optionsFor(width, colours.split(' '), onPoint, (from, to) => chosen.current(from, to)),
      [[], ...colours.split(' ').map(() => [])],
      box.current,
    );
    plot.current = created;
    return () => {
      created.destroy();
      plot.current = undefined;
    };
  }, [box, width, onPoint, themed, colours]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot needs its data too
  useEffect(() => {
    if (bars === undefined || plot.current === undefined) return;
    plot.current.setData(bars === nothing ? [[], ...colours.split(' ').map(() => [])] : stack(bars), false);
    if (bars === nothing) return;
    plot.current.setScale('x', { min: Date.parse(bars.from) / 1000, max: Date.parse(bars.to) / 1000 });
  }, [bars, width, themed]);
}

function optionsFor(
  width: number,
  colours: readonly string[],
  onPoint: (index: number | undefined) => void,
  onRange: (from: string, to: string) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${colour('--sans')}`;
  const barPaths = uPlot.paths.bars?.({ size: [0.86, 40], align: 1 });
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
      ...colours.map((each) => ({
        fill: colour(each),
        width: 0,
        ...(barPaths && { paths: barPaths }),
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
