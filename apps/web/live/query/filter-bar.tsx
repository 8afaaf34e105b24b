import { type Level, levels } from '@tailrace/log-record/level.ts';
import { memo, type RefObject, useEffect, useId, useMemo, useState } from 'react';
import { Icon } from '../../ui/icon.tsx';
import { oneLine } from '../../ui/text/visible-text.ts';
import type { LiveSession } from '../session/live-session.ts';
import { lastPartStart, suggestions, withStored } from './completion.ts';
import { DownloadMenu } from './download-menu.tsx';
import { lineField, valuesOf, withValues } from './query-parts.ts';
import { SourceMenu } from './source-menu.tsx';
import { TimePicker } from './time-picker.tsx';
import { useStoredFields } from './use-stored-fields.ts';
import type { View } from './view.ts';

interface FilterBarProps {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly view: View;
  readonly problem: string | undefined;
  readonly session: LiveSession;
  readonly following: boolean;
  /** Whether there is a newest line to follow. */
  readonly isLive: boolean;
  readonly names: ReadonlyMap<string, string>;
  /** Of the project's connections. */
  readonly providers: readonly string[];
  readonly onChange: (part: Partial<View>) => void;
  readonly onHelp: () => void;
}

const levelNames: Readonly<Record<Level, string>> = {
  trace: 'Trace and above',
  debug: 'Debug and above',
  info: 'Info and above',
  warn: 'Warn and above',
  error: 'Error and above',
  fatal: 'Fatal only',
};

const levelField = lineField('level');
const connectionField = lineField('connection');

/** What is shown: severity, sources, what is written, and the part of time. All of it runs on the server. */
export const FilterBar = memo(function FilterBar(props: FilterBarProps) {
  const { view, session, following, isLive, names, onChange, onHelp } = props;
  const level = valuesOf(view.query, levelField)[0] ?? '';
  const connections = valuesOf(view.query, connectionField);
  const setConnections = (chosen: readonly string[]) =>
    onChange({ query: withValues(view.query, connectionField, chosen) });
  return (
    <div className="filter-bar">
      <select
        aria-label="Severity"
        className="filter-level"
        value={level}
        onChange={({ target: { value } }) =>
          onChange({ query: withValues(view.query, levelField, value === '' ? [] : [value]) })
        }
      >
        <option value="">All levels</option>
        {levels.map((each) => (
          <option key={each} value={each}>
            {levelNames[each]}
          </option>
        ))}
      </select>
      <SourceMenu names={names} chosen={connections} onChoose={setConnections} />
      <QueryInput {...props} />
      <TimePicker time={view.time} onTime={(time) => onChange({ time, line: undefined })} />
      {isLive && (
        <button
          type="button"
          className={following ? 'button follow' : 'button button-main follow'}
          aria-pressed={following}
          title="Space"
          onClick={() => session.setFollowing(!following)}
        >
          <Icon name={following ? 'pause' : 'play'} />
          {following ? 'Pause' : 'Follow'}
        </button>
      )}
      <DownloadMenu session={session} />
      <button
        type="button"
        className="icon-button"
        aria-label="Keys and filters"
        title="Keys and filters (?)"
        onClick={onHelp}
      >
        <Icon name="help" />
      </button>
      <p className="visually-hidden" role="status">
        {following ? 'Following' : 'Paused'}
      </p>
    </div>
  );
});

/** The written filter, with what could come next. Takes effect on Enter, or when it is left. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one input with its list of completions, which share the caret and the choice.
function QueryInput({ inputRef, view, problem, session, names, providers, onChange }: FilterBarProps) {
  const [text, setText] = useState(view.query);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [id, problemId] = [useId(), useId()];
  useEffect(() => setText(view.query), [view.query]);
  const known = useMemo(
    () => ({ level: [...levels, 'unset'], connection: [...names.values()], provider: providers }),
    [names, providers],
  );
  const start = lastPartStart(text);
  const stored = useStoredFields(text.slice(start), view.time, open);
  const offered = open ? suggestions(text.slice(start), withStored(session.seen, stored), known) : [];
  const apply = (query: string) => {
    setOpen(false);
    setChosen(-1);
    if (query.trim() !== view.query) onChange({ query: query.trim() });
  };
  const take = (suggestion: string) => {
    const next = text.slice(0, start) + suggestion;
    const whole = !/[:(]$/.test(suggestion);
    setText(whole ? `${next} ` : next);
    setChosen(-1);
    if (whole) apply(next);
    inputRef.current?.focus();
  };
  return (
    <div className="query">
      <Icon name="search" />
      <input
        ref={inputRef}
        type="text"
        role="combobox"
        aria-label="Filter"
        aria-expanded={offered.length > 0}
        aria-controls={id}
        aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        aria-invalid={problem !== undefined}
        aria-describedby={problem === undefined ? undefined : problemId}
        placeholder="words, /regex/, field:value, status>=500, -not, OR"
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setOpen(true);
          setChosen(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => apply(text)}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            const step = event.key === 'ArrowDown' ? 1 : -1;
            setOpen(true);
            setChosen(Math.max(-1, Math.min(offered.length - 1, chosen + step)));
          } else if (event.key === 'Enter') {
            const suggestion = offered[chosen];
            if (suggestion) take(suggestion.text);
            else apply(text);
          } else if (event.key === 'Escape') {
            if (open && offered.length > 0) setOpen(false);
            else event.currentTarget.blur();
          }
        }}
      />
      {text !== '' && (
        <button
          type="button"
          className="icon-button query-clear"
          aria-label="Clear the filter"
          onClick={() => {
            setText('');
            apply('');
          }}
        >
          <Icon name="close" />
        </button>
      )}
      <div
        id={id}
        role="listbox"
        aria-label="What could come next"
        className="popover-panel query-offers"
        hidden={offered.length === 0}
      >
        {offered.map((each, index) => (
          <div
            key={each.text}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className="menu-item"
            onPointerDown={(event) => {
              event.preventDefault();
              take(each.text);
            }}
          >
            <code>{oneLine(each.text)}</code>
            <span className="dim">{each.hint}</span>
          </div>
        ))}
      </div>
      {problem !== undefined && (
        <p id={problemId} className="query-problem" role="alert">
          {oneLine(problem)}
        </p>
      )}
    </div>
  );
}
