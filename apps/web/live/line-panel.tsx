import { useCallback, useState } from 'react';
import type { LogLine } from '../api/generated.ts';
import { useApp } from '../ui/app-context.ts';
import { Icon } from '../ui/icon.tsx';
import { useResource } from '../ui/use-resource.ts';
import { CopyButton } from './copy-button.tsx';
import { indentedJson } from './indented-json.ts';
import { LineFields } from './line-fields.tsx';
import { LineRaw } from './line-raw.tsx';
import { LineRecord } from './line-record.tsx';
import type { LiveSession } from './live-session.ts';
import { sortableTime } from './row.ts';
import { NeighbourLines, TraceLines } from './surrounding-lines.tsx';
import type { Term } from './term.ts';
import type { View } from './view.ts';
import { manyLines } from './visible-text.ts';

interface LinePanelProps {
  readonly session: LiveSession;
  readonly place: NonNullable<View['line']>;
  readonly names: ReadonlyMap<string, string>;
  readonly onTerm: (term: Term) => void;
  readonly onOpen: (line: View['line']) => void;
  readonly onView: (part: Partial<View>) => void;
  readonly onClose: () => void;
}

const tabs = ['Fields', 'Context', 'Trace', 'Record', 'Raw'] as const;
type Tab = (typeof tabs)[number];

/** One line and all that is known of it. A line that is not in the view, as in an address somebody sent, is read. */
export function LinePanel({ session, place, names, onTerm, onOpen, onView, onClose }: LinePanelProps) {
  const { api, project } = useApp();
  const [tab, setTab] = useState<Tab>('Fields');
  const { timestamp, id } = place;
  const read = useCallback(
    async (signal: AbortSignal): Promise<LogLine> => {
      const kept = keptLine(session, { timestamp, id });
      if (kept) return kept;
      const context = await api.call('GET stream/{project_id}/context/{id}', {
        path: { project_id: project, id },
        query: { timestamp, before: 0, after: 0 },
        signal,
      });
      return context.line;
    },
    [session, api, project, timestamp, id],
  );
  const { value: line, problem } = useResource(read);
  const shown = tabs.filter((each) => each !== 'Trace' || line?.trace_id != null);
  return (
    <aside className="line-panel" aria-label="Line">
      <header className="line-head">
        <div role="tablist" aria-label="What is known of the line">
          {shown.map((each) => (
            <button key={each} type="button" role="tab" aria-selected={each === tab} onClick={() => setTab(each)}>
              {each}
            </button>
          ))}
        </div>
        <span className="grow" />
        {line && <CopyButton text={line.body} name="Copy the line" />}
        <button type="button" className="icon-button" aria-label="Close the line" title="Esc" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="line-content" role="tabpanel" aria-label={tab}>
        {problem && <p className="banner banner-bad">{problem}</p>}
        {line && tab === 'Fields' && (
          <>
            <pre className={`line-body level-${line.level ?? 'unset'}`}>
              <bdi>{manyLines(indentedJson(line.body))}</bdi>
            </pre>
            <LineFields line={line} name={names.get(line.connection_id)} onTerm={onTerm} />
          </>
        )}
        {line && tab === 'Context' && <NeighbourLines line={line} onOpen={onOpen} onView={onView} />}
        {line && tab === 'Trace' && <TraceLines line={line} onOpen={onOpen} onView={onView} />}
        {line && tab === 'Record' && <LineRecord line={line} name={names.get(line.connection_id)} />}
        {line && tab === 'Raw' && <LineRaw line={line} />}
      </div>
    </aside>
  );
}

function keptLine({ buffer }: LiveSession, { timestamp, id }: NonNullable<View['line']>): LogLine | undefined {
  if (!buffer.has(id)) return undefined;
  const row = buffer.find(id, sortableTime(timestamp));
  return row?.kind === 'line' ? row.line : undefined;
}
