import './live.css';
import { fieldNamed } from '@tailrace/log-query/query/field-text.ts';
import { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { NoSource } from '../connections/no-source.tsx';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { useConnections } from '../ui/loading/use-connections.ts';
import { currentSearch, navigate, useAddress } from '../ui/route.ts';
import { FacetPanel } from './facets/facet-panel.tsx';
import { pressed } from './facets/facets.ts';
import { GroupBy } from './facets/group-by.tsx';
import { useFieldSample } from './facets/use-field-sample.ts';
import { useFacetPanel } from './facets/use-panel.ts';
import { HelpDialog } from './help-dialog.tsx';
import { Histogram } from './histogram/histogram.tsx';
import { LinePanel } from './line/line-panel.tsx';
import { LogList, type LogListHandle } from './list/log-list.tsx';
import { FilterBar } from './query/filter-bar.tsx';
import { type ReadQuery, readQuery } from './query/query.ts';
import { type QueryPart, withPart } from './query/query-parts.ts';
import { parseView, type View, viewSearch } from './query/view.ts';
import type { LiveSession } from './session/live-session.ts';
import type { Snapshot } from './session/snapshot.ts';
import { useLiveSession } from './session/use-live-session.ts';
import { StatusStrip } from './status/status-strip.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const connectionsEveryMs = 15_000;

/** Lines as they come, and any part of the past, under one filter. */
export function LivePage() {
  useEffect(pinLine, []);
  const live = useLiveSession();
  return live ? <LiveView {...live} /> : null;
}

/** An address with a line opens at the time of the line, not at the newest ones, among which it may not be any more. */
function pinLine(): void {
  const view = parseView(currentSearch());
  if (view.line === undefined || view.time.kind !== 'live') return;
  navigate(location.pathname + viewSearch({ ...view, time: { kind: 'at', at: view.line.timestamp } }), 'replace');
}

/** Why the written filter cannot be asked for. */
function unreadableFilter(
  parsed: ReadQuery,
  isKnown: boolean,
  connectionsProblem: string | undefined,
): string | undefined {
  if (!isKnown) return connectionsProblem && `The names of the sources cannot be read: ${connectionsProblem}`;
  return 'problem' in parsed ? parsed.problem : undefined;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the page that joins the parts; what they do is in their modules.
function LiveView({ session, snapshot }: { readonly session: LiveSession; readonly snapshot: Snapshot }) {
  const { path, search } = useAddress();
  const view = useMemo(() => parseView(search), [search]);
  const sources = useConnections(connectionsEveryMs);
  const { all: connections, names, providers, idOf: connectionId } = sources;
  const list = useRef<LogListHandle>(null);
  const filterInput = useRef<HTMLInputElement>(null);
  const [helping, setHelping] = useState(false);

  // Until the connections are known, a query that names one cannot be read.
  const known = connections !== undefined || !/\bconnection[:=]/.test(view.query);
  const parsed = useMemo(() => readQuery(view.query, connectionId), [view.query, connectionId]);
  const filterKey = known && 'filter' in parsed ? JSON.stringify(parsed.filter) : undefined;
  const timeKey = JSON.stringify(view.time);
  const unreadable = unreadableFilter(parsed, known, sources.problem);
  const line = useRef(view.line);
  line.current = view.line;
  useEffect(() => {
    if (unreadable !== undefined) session.refuse({ about: 'filter', reason: unreadable });
    else if (filterKey !== undefined) session.show(JSON.parse(filterKey), JSON.parse(timeKey), line.current?.id);
  }, [session, unreadable, filterKey, timeKey]);
  useEffect(() => {
    session.readSince = new Map(connections?.map(({ id, updated_at }) => [id, Date.parse(updated_at)]));
  }, [session, connections]);

  const change = useCallback(
    (part: Partial<View>, how: 'push' | 'replace' = 'push') => {
      navigate(path + viewSearch({ ...parseView(currentSearch()), ...part }), how);
    },
    [path],
  );
  const open = useCallback((line: View['line']) => change({ line }, 'replace'), [change]);
  const addPart = useCallback(
    (part: QueryPart) => change({ query: withPart(parseView(currentSearch()).query, part) }),
    [change],
  );

  const [facetsOpen, setFacetsOpen] = useFacetPanel();
  const facetsId = useId();
  const sample = useFieldSample(snapshot.refusal === undefined ? filterKey : undefined, view.time, facetsOpen);
  const nameOf = useCallback(
    (field: string, value: string) => (field === 'connection' ? (names.get(value) ?? value) : value),
    [names],
  );
  const press = useCallback(
    (part: QueryPart) => change({ query: pressed(parseView(currentSearch()).query, part) }),
    [change],
  );
  const groupBy = useCallback((by: string | undefined) => change({ by }), [change]);
  const { by } = view;
  const nameOfGroup = useCallback((value: string) => nameOf(by ?? '', value), [nameOf, by]);
  const pressGroup = useCallback(
    (value: string, negative: boolean) =>
      press({ field: fieldNamed(by ?? ''), value: nameOf(by ?? '', value), negative }),
    [press, nameOf, by],
  );

  const help = useCallback(() => setHelping(true), []);
  const showRange = useCallback((from: string, to: string) => change({ time: { kind: 'range', from, to } }), [change]);

  useShortcuts([
    [['/'], () => filterInput.current?.focus()],
    [[' '], () => session.setFollowing(!session.snapshot().following)],
    [['f'], () => session.setFollowing(true)],
    [['j', 'ArrowDown'], () => list.current?.move(1)],
    [['k', 'ArrowUp'], () => list.current?.move(-1)],
    [['PageDown'], () => list.current?.move('page')],
    [['PageUp'], () => list.current?.move('-page')],
    [['g', 'Home'], () => list.current?.move('first')],
    [['G', 'End'], () => list.current?.move('last')],
    [['Enter'], () => list.current?.openCurrent()],
    [['Escape'], () => open(undefined)],
    [['?'], help],
  ]);

  const { refusal } = snapshot;
  const problem = refusal?.about === 'filter' ? refusal.reason : snapshot.problem;
  return (
    <div className={view.line ? 'live live-with-panel' : 'live'}>
      <h1 className="visually-hidden">Live lines</h1>
      <FilterBar
        inputRef={filterInput}
        view={view}
        problem={problem}
        session={session}
        following={snapshot.following}
        isLive={session.isLive}
        names={names}
        providers={providers}
        onChange={change}
        onHelp={help}
      />
      <ErrorBoundary name="The histogram" part>
        <Histogram
          filterKey={filterKey}
          time={view.time}
          isRefused={refusal !== undefined}
          onRange={showRange}
          by={by}
          nameOf={nameOfGroup}
          onValue={pressGroup}
        >
          <button
            type="button"
            className="button button-small"
            aria-expanded={facetsOpen}
            aria-controls={facetsOpen ? facetsId : undefined}
            onClick={() => setFacetsOpen(!facetsOpen)}
          >
            Fields
          </button>
          <GroupBy by={by} fields={sample.value?.fields.map(({ name }) => name) ?? []} onGroup={groupBy} />
        </Histogram>
      </ErrorBoundary>
      {connections?.length === 0 && <NoSource />}
      <div className={facetsOpen ? 'live-body live-with-facets' : 'live-body'}>
        {facetsOpen && (
          <ErrorBoundary name="The list of fields" part>
            <FacetPanel
              id={facetsId}
              sample={sample}
              query={view.query}
              by={by}
              nameOf={nameOf}
              onPart={press}
              onGroup={groupBy}
              onClose={() => setFacetsOpen(false)}
            />
          </ErrorBoundary>
        )}
        <LogList
          ref={list}
          session={session}
          snapshot={snapshot}
          names={names}
          time={view.time}
          selected={view.line?.id}
          onOpen={open}
          onTime={(time) => change({ time })}
        />
        {view.line && (
          <ErrorBoundary name="This line" part resetKey={view.line.id}>
            <LinePanel
              key={view.line.id}
              session={session}
              place={view.line}
              names={names}
              onPart={addPart}
              onOpen={open}
              onView={change}
              onClose={() => open(undefined)}
            />
          </ErrorBoundary>
        )}
      </div>
      <ErrorBoundary name="The state of the connections" part>
        <StatusStrip session={session} snapshot={snapshot} connections={connections} problem={sources.problem} />
      </ErrorBoundary>
      {helping && <HelpDialog onClose={() => setHelping(false)} />}
    </div>
  );
}
