import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { count, duration } from '../../ui/text/format.ts';
import { manyLines } from '../../ui/text/visible-text.ts';
import { CopyButton } from './copy-button.tsx';

/** Where a line comes from, by which way it came, and the whole of its record. */
export function LineRecord({ line, name }: { readonly line: LogLine; readonly name: string | undefined }) {
  const json = JSON.stringify(line, undefined, 2);
  const facts: readonly (readonly [label: string, value: string])[] = [
    ['connector', `${line.provider} (${name ?? line.connection_id})`],
    ['raw record', `topic ${line.raw.topic}, partition ${line.raw.partition}, offset ${line.raw.offset}`],
    ['parser', `${line.parser}, ${versionText(line.normaliser_version)}`],
    ['event', line.timestamp],
    ['at the cloud', later(line.timestamp, line.observed_timestamp)],
    ['read by us', later(line.timestamp, line.ingest_timestamp)],
    ...(line.truncated_from === null ? [] : ([['cut', `from ${count(line.truncated_from)} bytes`]] as const)),
    ...(line.flags.length === 0 ? [] : ([['flags', line.flags.join(', ')]] as const)),
    ...(line.replay_id === null ? [] : ([['replay', line.replay_id]] as const)),
    ['id', line.id],
  ];
  return (
    <>
      <dl className="fields">
        {facts.map(([label, value]) => (
          <div className="field-row" key={label}>
            <dt>{label}</dt>
            <dd>{manyLines(value)}</dd>
          </div>
        ))}
      </dl>
      <h3 className="with-action">
        Record <CopyButton text={json} name="Copy the record as JSON" />
      </h3>
      <pre className="line-json">
        <bdi>{manyLines(json)}</bdi>
      </pre>
    </>
  );
}

function later(event: string, then: string): string {
  const ms = Date.parse(then) - Date.parse(event);
  return `${then} (${ms < 0 ? '−' : '+'}${duration(ms)})`;
}

/** Thousands count the changes of the connection's own parsing rules. */
function versionText(version: number): string {
  const rules = Math.floor(version / 1000);
  return `normaliser version ${version % 1000}${rules === 0 ? '' : `, parsing rules version ${rules}`}`;
}
