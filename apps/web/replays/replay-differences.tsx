import type { Replay } from '@tailrace/http/contract/generated.ts';
import { connectionName } from '../ui/loading/use-connections.ts';
import { count, shortMoment } from '../ui/text/format.ts';
import { oneLine } from '../ui/text/visible-text.ts';
import { type DifferenceGroup, differenceGroups } from './difference-groups.ts';

interface DifferencesProps {
  readonly differences: NonNullable<Replay['differences']>;
  readonly names: ReadonlyMap<string, string>;
}

/** What today's reading makes different, with an example of each way side by side. */
export function ReplayDifferences({ differences, names }: DifferencesProps) {
  const { unchanged, changed, missing, applicable, fields, examples } = differences;
  const groups = differenceGroups(examples);
  return (
    <section>
      <h3>Compared with what is stored</h3>
      <dl className="facts">
        {(
          [
            ['The same', unchanged],
            ['Different', changed],
            ['Not stored', missing],
            ['Apply would write', applicable],
          ] as const
        ).map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="number">{count(value)}</dd>
          </div>
        ))}
      </dl>
      {Object.keys(fields).length > 0 && (
        <p className="dim differing">
          {Object.entries(fields)
            .sort(([, a], [, b]) => b - a)
            .map(([field, times]) => `${field} ${count(times)}×`)
            .join(' · ')}
        </p>
      )}
      {examples.length > 0 && groups.length < examples.length && (
        <p className="dim">
          {groups.length === 1
            ? `The ${count(examples.length)} examples that were kept all differ like this one.`
            : `The ${count(examples.length)} examples that were kept differ in ${count(groups.length)} ways; each is shown once.`}
        </p>
      )}
      {groups.map((group) => (
        <DifferenceTable key={group.example.record_id} group={group} of={examples.length} names={names} />
      ))}
    </section>
  );
}

interface DifferenceTableProps {
  readonly group: DifferenceGroup;
  /** How many examples there are in all. */
  readonly of: number;
  readonly names: ReadonlyMap<string, string>;
}

/** One example of records that differ alike, and how many of the examples do. */
function DifferenceTable({ group, of, names }: DifferenceTableProps) {
  const { example, fields, count: alike, connectionIds } = group;
  return (
    <table className="data-table difference">
      <caption>
        <strong>{`${count(alike)} of ${count(of)} examples: ${example.kinds.map(kindWords).join(', ')}`}</strong>
        <br />
        {connectionIds.map((id) => connectionName(names, id)).join(', ')} · {alike > 1 ? 'one of them, at' : 'at'}{' '}
        {shortMoment(example.timestamp)}
      </caption>
      <thead>
        <tr>
          <th scope="col">field</th>
          <th scope="col">stored</th>
          <th scope="col">read today</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field}>
            <th scope="row">
              <bdi>{oneLine(field)}</bdi>
            </th>
            <td className="was">
              <bdi>{oneLine(example.old[field] ?? '–')}</bdi>
            </td>
            <td className="is">
              <bdi>{oneLine(example.new[field] ?? '–')}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `severity_changed` is `severity changed`. */
function kindWords(kind: string): string {
  return kind === 'missing' ? 'not stored' : kind.replaceAll('_', ' ');
}
