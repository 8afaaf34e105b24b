import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { type Resource, useResource } from '../../ui/loading/use-resource.ts';
import { clockTime } from '../../ui/text/format.ts';
import { oneLine } from '../../ui/text/visible-text.ts';
import type { View } from '../query/view.ts';

interface SurroundingLinesProps {
  readonly line: LogLine;
  /** Names of connections by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly onOpen: (line: View['line']) => void;
  readonly onView: (part: Partial<View>) => void;
}

const firstNeighbours = 15;
const mostNeighbours = 200;

/** The lines before and after on the same stream of the source, whatever the filter. */
export function NeighbourLines({ line, onOpen, onView }: SurroundingLinesProps) {
  const { api, project } = useApp();
  const [around, setAround] = useState(firstNeighbours);
  const { id, timestamp } = line;
  const read = useCallback(
    async (signal: AbortSignal) => {
      const {
        before,
        line: middle,
        after,
      } = await api.call('GET stream/{project_id}/context/{id}', {
        path: { project_id: project, id },
        query: { timestamp, before: around, after: around },
        signal,
      });
      return [...before, middle, ...after];
    },
    [api, project, id, timestamp, around],
  );
  return (
    <>
      <p className="panel-note">
        <span className="dim">Stream {oneLine(line.stream)}</span>
        <button
          type="button"
          className="link-button"
          onClick={() => onView({ query: '', time: { kind: 'at', at: line.timestamp } })}
        >
          All lines at this moment
        </button>
      </p>
      <ShortLines lines={useResource(read)} current={id} onOpen={onOpen} />
      {around < mostNeighbours && (
        <button
          type="button"
          className="button button-small"
          onClick={() => setAround(Math.min(mostNeighbours, around * 4))}
        >
          More lines
        </button>
      )}
    </>
  );
}

const traceReachMs = 3_600_000;
const mostOfTrace = 500;

/** The lines of the same trace, of all sources. */
export function TraceLines({ line, names, onOpen, onView }: SurroundingLinesProps) {
  const { api, project } = useApp();
  const { trace_id: trace, timestamp } = line;
  const read = useCallback(
    async (signal: AbortSignal) => {
      const time = Date.parse(timestamp);
      const { logs } = await api.call('GET stream/{project_id}', {
        path: { project_id: project },
        query: {
          trace_id: trace ?? '',
          from: new Date(time - traceReachMs).toISOString(),
          to: new Date(time + traceReachMs).toISOString(),
          limit: mostOfTrace,
        },
        signal,
      });
      return logs.toReversed();
    },
    [api, project, trace, timestamp],
  );
  return (
    <>
      <p className="panel-note">
        <span className="dim">Trace {trace}</span>
        <button type="button" className="link-button" onClick={() => onView({ query: `trace:${trace}` })}>
          Show in the list
        </button>
      </p>
      <ShortLines lines={useResource(read)} current={line.id} names={names} onOpen={onOpen} />
    </>
  );
}

interface ShortLinesProps {
  readonly lines: Resource<readonly LogLine[]>;
  readonly current: string;
  /** Where the lines may be of several sources: their names by id. */
  readonly names?: ReadonlyMap<string, string>;
  readonly onOpen: (line: View['line']) => void;
}

function ShortLines({ lines: { value, problem }, current, names, onOpen }: ShortLinesProps) {
  const middle = useRef<HTMLLIElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines have other places
  useLayoutEffect(() => {
    middle.current?.scrollIntoView({ block: 'center' });
  }, [value]);
  if (problem) {
    return <p className="banner banner-warn">{problem} A line of this very moment may not be stored yet.</p>;
  }
  if (value === undefined) return <p className="dim">Reading…</p>;
  return (
    <ol className="short-lines">
      {value.map(({ id, connection_id: connection, timestamp, level, body }) => (
        <li key={id} ref={id === current ? middle : undefined}>
          <button
            type="button"
            className={`level-${level ?? 'unset'}`}
            aria-current={id === current ? 'true' : undefined}
            onClick={() => onOpen({ timestamp, id })}
          >
            <span className="log-time">{clockTime(timestamp)}</span>
            <span className="log-level">{level?.toUpperCase() ?? '·'}</span>
            <span className="short-text">
              {names && <span className="log-source">{oneLine(names.get(connection) ?? connection)} </span>}
              <bdi>{oneLine(body.slice(0, 400))}</bdi>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
