import { ApiError } from '@tailrace/http/client/api-error.ts';
import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { type KeyboardEvent, useCallback, useState } from 'react';
import { useApp } from '../../ui/app-context.ts';
import { Icon } from '../../ui/icon.tsx';
import { useResource } from '../../ui/loading/use-resource.ts';
import { useAddress } from '../../ui/route.ts';
import { shortMoment } from '../../ui/text/format.ts';
import { manyLines } from '../../ui/text/visible-text.ts';
import type { QueryPart } from '../query/query-parts.ts';
import { parseView, type View, viewSearch } from '../query/view.ts';
import type { LiveSession } from '../session/live-session.ts';
import { sortableTime } from '../session/row.ts';
import { CopyButton } from './copy-button.tsx';
import { indentedJson } from './indented-json.ts';
import { LineFields } from './line-fields.tsx';
import { LineRaw } from './line-raw.tsx';
import { LineRecord } from './line-record.tsx';
import { NeighbourLines, TraceLines } from './surrounding-lines.tsx';

interface LinePanelProps {
  readonly session: LiveSession;
  readonly place: NonNullable<View['line']>;
  readonly names: ReadonlyMap<string, string>;
  readonly onPart: (part: QueryPart) => void;
  readonly onOpen: (line: View['line']) => void;
  readonly onView: (part: Partial<View>) => void;
  readonly onClose: () => void;
}

const tabs = ['Fields', 'Context', 'Trace', 'Record', 'Raw'] as const;
type Tab = (typeof tabs)[number];

/** One line and all that is known of it. A line that is not in the view, as in an address somebody sent, is read. */
export function LinePanel({ session, place, names, onPart, onOpen, onView, onClose }: LinePanelProps) {
  const { api, project } = useApp();
  const [tab, setTab] = useState<Tab>('Fields');
  const { timestamp, id } = place;
  const read = useCallback(
    async (signal: AbortSignal): Promise<LogLine> => {
      const kept = keptLine(session, { timestamp, id });
      if (kept) return kept;
      try {
        const context = await api.call('GET stream/{project_id}/context/{id}', {
          path: { project_id: project, id },
          query: { timestamp, before: 0, after: 0 },
          signal,
        });
        return context.line;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) throw new Error(goneNote(timestamp));
        throw error;
      }
    },
    [session, api, project, timestamp, id],
  );
  const { value: line, problem } = useResource(read);
  const { path, search } = useAddress();
  const link =
    location.origin + path + viewSearch({ ...parseView(search), time: { kind: 'at', at: timestamp }, line: place });
  const shown = tabs.filter((each) => each !== 'Trace' || line?.trace_id != null);
  return (
    <aside className="line-panel" aria-label="Line">
      <header className="line-head">
        <div
          role="tablist"
          aria-label="What is known of the line"
          onKeyDown={(event) => moveTab(event, shown, tab, setTab)}
        >
          {shown.map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              tabIndex={each === tab ? 0 : -1}
              aria-selected={each === tab}
              onClick={() => setTab(each)}
            >
              {each}
            </button>
          ))}
        </div>
        <span className="grow" />
        <CopyButton text={link} name="Copy a link to this line" icon="link" />
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
            <LineFields line={line} name={names.get(line.connection_id)} onPart={onPart} />
          </>
        )}
        {line && tab === 'Context' && <NeighbourLines line={line} names={names} onOpen={onOpen} onView={onView} />}
        {line && tab === 'Trace' && <TraceLines line={line} names={names} onOpen={onOpen} onView={onView} />}
        {line && tab === 'Record' && <LineRecord line={line} name={names.get(line.connection_id)} />}
        {line && tab === 'Raw' && <LineRaw line={line} />}
      </div>
    </aside>
  );
}

function goneNote(timestamp: string): string {
  return `This line, of ${shortMoment(timestamp)}, is not stored. If it came just now, try again in a moment; else it is older than what is kept, or was deleted. The list shows what there is around its time.`;
}

/** Keys of tabs (WAI-ARIA Authoring Practices, tabs): the arrows go round, Home and End to the ends. */
function moveTab(event: KeyboardEvent<HTMLElement>, shown: readonly Tab[], tab: Tab, onTab: (tab: Tab) => void): void {
  const at = shown.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + shown.length, Home: 0, End: shown.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const index = to % shown.length;
  onTab(shown[index] ?? tab);
  const buttons = event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]');
  buttons[index]?.focus();
}

function keptLine({ buffer }: LiveSession, { timestamp, id }: NonNullable<View['line']>): LogLine | undefined {
  if (!buffer.has(id)) return undefined;
  const row = buffer.find(id, sortableTime(timestamp));
  return row?.kind === 'line' ? row.line : undefined;
}
