import { type FormEvent, useState } from 'react';
import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';
import { shortMoment } from '../../ui/text/format.ts';
import { defaultSpan, readMoment, type Span, type TimeView } from './view.ts';

const spans: readonly (readonly [span: Span, name: string])[] = [
  ['-5m', '5 minutes'],
  ['-15m', '15 minutes'],
  ['-1h', 'hour'],
  ['-6h', '6 hours'],
  ['-24h', '24 hours'],
  ['-3d', '3 days'],
];

function nameOf(time: TimeView): string {
  if (time.kind === 'live') return `Last ${spans.find(([span]) => span === time.span)?.[1] ?? time.span.slice(1)}`;
  if (time.kind === 'at') return `At ${shortMoment(time.at)}`;
  return `${shortMoment(time.from)} – ${shortMoment(time.to)}`;
}

/** The part of time that is shown, and the way back to the present. */
export function TimePicker({ time, onTime }: { readonly time: TimeView; readonly onTime: (time: TimeView) => void }) {
  return (
    <>
      {time.kind !== 'live' && (
        <button
          type="button"
          className="button button-main"
          onClick={() => onTime({ kind: 'live', span: defaultSpan })}
        >
          <Icon name="end" />
          Back to live
        </button>
      )}
      <Popover
        align="end"
        label={
          <>
            <Icon name="clock" />
            {nameOf(time)}
          </>
        }
        className="button time-button"
      >
        {(close) => (
          <div className="time-panel">
            <MomentForm
              onTime={(chosen) => {
                onTime(chosen);
                close();
              }}
            />
            <div className="time-spans">
              {spans.map(([span, name]) => (
                <button
                  key={span}
                  type="button"
                  className="menu-item"
                  aria-pressed={time.kind === 'live' && time.span === span}
                  onClick={() => {
                    onTime({ kind: 'live', span });
                    close();
                  }}
                >
                  Last {name}
                </button>
              ))}
            </div>
            <RangeForm
              time={time}
              onTime={(chosen) => {
                onTime(chosen);
                close();
              }}
            />
          </div>
        )}
      </Popover>
    </>
  );
}

function MomentForm({ onTime }: { readonly onTime: (time: TimeView) => void }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readMoment(text, new Date());
    setProblem(read === undefined);
    if (read) onTime(read);
  };
  return (
    <form className="field" onSubmit={submit}>
      <label htmlFor="moment">Go to</label>
      <div className="inline">
        <input
          id="moment"
          type="text"
          placeholder="-2h, 14:05, 2026-01-31 14:05"
          value={text}
          aria-invalid={problem}
          aria-describedby="moment-problem"
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" className="button">
          Go
        </button>
      </div>
      <span id="moment-problem" className="field-problem" role="alert">
        {problem && 'Not a time in the past: write how long ago, such as -2h, a clock time, or a date and time.'}
      </span>
    </form>
  );
}

function RangeForm({ time, onTime }: { readonly time: TimeView; readonly onTime: (time: TimeView) => void }) {
  const [from, setFrom] = useState(time.kind === 'range' ? localInput(time.from) : '');
  const [to, setTo] = useState(time.kind === 'range' ? localInput(time.to) : '');
  const both = from !== '' && to !== '';
  const valid = both && new Date(from) < new Date(to);
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) onTime({ kind: 'range', from: new Date(from).toISOString(), to: new Date(to).toISOString() });
      }}
    >
      <div className="field">
        <label htmlFor="range-from">From</label>
        <input
          id="range-from"
          type="datetime-local"
          step="1"
          value={from}
          onChange={({ target }) => setFrom(target.value)}
        />
      </div>
      <div className="field">
        <label htmlFor="range-to">To</label>
        <input id="range-to" type="datetime-local" step="1" value={to} onChange={({ target }) => setTo(target.value)} />
      </div>
      {both && !valid && (
        <p className="field-problem" role="alert">
          From must be before To.
        </p>
      )}
      <button type="submit" className="button" disabled={!valid}>
        Show this part
      </button>
    </form>
  );
}

/** What an `<input type="datetime-local">` takes: the browser's own time zone. */
function localInput(timestamp: string): string {
  const time = new Date(timestamp);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
