import { count } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import type { Bars, Layer } from './stack.ts';

interface LegendProps {
  readonly by: string;
  readonly bars: Bars;
  readonly nameOf: (value: string) => string;
  readonly onValue: (value: string, negative: boolean) => void;
}

/** The values that have colours, the greatest first. Pressing one shows its lines alone; with Alt it leaves them out. */
export function Legend({ by, bars, nameOf, onValue }: LegendProps) {
  const layers = [...bars.layers].reverse().filter(({ total }) => total > 0);
  return (
    <ul className="histogram-legend" aria-label={`Values of ${oneLine(by)}`}>
      {layers.map((layer) => (
        <li key={`${layer.kind}-${layer.name}`}>
          <LegendEntry layer={layer} by={by} leftOut={bars.groupsLeftOut} nameOf={nameOf} onValue={onValue} />
        </li>
      ))}
    </ul>
  );
}

function LegendEntry({
  layer: { kind, name, colour, total },
  by,
  leftOut,
  nameOf,
  onValue,
}: Omit<LegendProps, 'bars'> & { readonly layer: Layer; readonly leftOut: number }) {
  const words =
    kind === 'others' ? `${count(leftOut)} other` : kind === 'none' ? `no ${oneLine(by)}` : oneLine(nameOf(name));
  const content = (
    <>
      <span className={`swatch ${colour.slice(2)}`} />
      <bdi className="cut">{words}</bdi>
      <span className="dim">{count(total)}</span>
    </>
  );
  if (kind !== 'group') return <span className="legend-entry">{content}</span>;
  return (
    <button
      type="button"
      className="legend-entry"
      title={`Only ${words}. Alt: all but it`}
      onClick={(event) => onValue(name, event.altKey)}
    >
      {content}
    </button>
  );
}
