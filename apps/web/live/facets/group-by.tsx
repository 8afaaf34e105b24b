import { oneLine } from '../../ui/text/visible-text.ts';

interface GroupByProps {
  readonly by: string | undefined;
  /** Names of fields that have been seen. */
  readonly fields: readonly string[];
  readonly onGroup: (field: string | undefined) => void;
}

const usual: readonly string[] = ['service', 'connection', 'stream', 'provider', 'parser'];

/** Which field stacks the histogram. */
export function GroupBy({ by, fields, onGroup }: GroupByProps) {
  const names = [...new Set([...usual, ...fields, ...(by === undefined ? [] : [by])])].filter(
    (name) => name !== 'level',
  );
  return (
    <label className="group-by">
      <span>Group by</span>
      <select value={by ?? ''} onChange={({ target: { value } }) => onGroup(value === '' ? undefined : value)}>
        <option value="">severity</option>
        {names.map((name) => (
          <option key={name} value={name}>
            {oneLine(name)}
          </option>
        ))}
      </select>
    </label>
  );
}
