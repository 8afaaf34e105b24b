import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { useCallback } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { useResource } from '../../ui/loading/use-resource.ts';
import { bytes } from '../../ui/text/format.ts';
import { manyLines, oneLine } from '../../ui/text/visible-text.ts';
import { CopyButton } from './copy-button.tsx';
import { indentedJson } from './indented-json.ts';

/** More than this is not put on the screen, characters; copying takes all there is. */
const mostShown = 100_000;

/** The event of a line as the cloud gave it, read from its place in the raw topic when it is asked for. */
export function LineRaw({ line }: { readonly line: LogLine }) {
  const { api, project } = useApp();
  const { topic, partition, offset } = line.raw;
  const read = useCallback(
    (signal: AbortSignal) =>
      api.call('GET stream/{project_id}/raw/{topic}/{partition}/{offset}', {
        path: { project_id: project, topic, partition: String(partition), offset: String(offset) },
        signal,
      }),
    [api, project, topic, partition, offset],
  );
  const { value: event, problem, reload } = useResource(read);
  const place = `${topic}, partition ${partition}, offset ${offset}`;
  if (problem) {
    return (
      <p className="banner banner-warn">
        {problem}{' '}
        <button type="button" className="button button-small" onClick={reload}>
          Try again
        </button>
      </p>
    );
  }
  if (event === undefined) return <p className="dim">Reading {place}…</p>;
  if (event.id !== line.id) {
    return <p className="banner banner-warn">Another event is at {place} now: the topic has been recreated since.</p>;
  }
  const text = indentedJson(event.payload);
  const facts: readonly (readonly [label: string, value: string])[] = [
    ['place', place],
    ['event id', event.event_id],
    ...Object.entries(event.source),
    ['stream', event.stream],
    ['size', bytes(event.payload_bytes)],
    ...(event.rewind_id === null ? [] : ([['rewind', event.rewind_id]] as const)),
  ];
  return (
    <>
      <dl className="fields">
        {facts.map(([label, value]) => (
          <div className="field-row" key={label}>
            <dt>{oneLine(label)}</dt>
            <dd>{manyLines(value)}</dd>
          </div>
        ))}
      </dl>
      <h3 className="with-action">
        As it came <CopyButton text={event.payload} name="Copy the event as it came" />
      </h3>
      {(event.is_cut || text.length > mostShown) && <p className="dim">Only its beginning is shown.</p>}
      <pre className="line-json">
        <bdi>{manyLines(text.slice(0, mostShown))}</bdi>
      </pre>
    </>
  );
}
