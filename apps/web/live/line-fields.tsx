import type { LogLine } from '../api/generated.ts';
import { Icon } from '../ui/icon.tsx';
import type { Term } from './term.ts';
import { attributeTerm } from './terms.ts';
import { manyLines, oneLine } from './visible-text.ts';

interface LineFieldsProps {
  readonly line: LogLine;
  readonly name: string | undefined;
  readonly onTerm: (term: Term) => void;
}

/** A line's fields; each can be asked for, or left out. */
export function LineFields({ line, name, onTerm }: LineFieldsProps) {
  return (
    <>
      <dl className="fields">
        <Field label="time" value={line.timestamp} />
        <Field label="level" value={line.level ?? 'unset'} only={levelTerm(line)} onTerm={onTerm} />
        <Field
          label="connection"
          value={name ?? line.connection_id}
          only={{ negative: false, key: 'connection', value: name ?? line.connection_id, regex: false }}
          onTerm={onTerm}
        />
        <Field
          label="stream"
          value={line.stream}
          only={{ negative: false, key: 'stream', value: line.stream, regex: false }}
          onTerm={onTerm}
        />
        {line.trace_id && (
          <Field
            label="trace"
            value={line.trace_id}
            only={{ negative: false, key: 'trace', value: line.trace_id, regex: false }}
            onTerm={onTerm}
          />
        )}
        {line.span_id && <Field label="span" value={line.span_id} />}
      </dl>
      <Group title="Attributes" fields={line.attributes} onTerm={onTerm} />
      <Group title="Resource" fields={line.resource} onTerm={onTerm} />
    </>
  );
}

function levelTerm(line: LogLine): Term {
  return { negative: false, key: 'levels', value: line.level ?? 'unset', regex: false };
}

function Group({
  title,
  fields,
  onTerm,
}: {
  readonly title: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly onTerm: (term: Term) => void;
}) {
  const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl className="fields">
        {entries.map(([key, value]) => {
          const term = attributeTerm(key, value);
          return (
            <Field
              key={key}
              label={oneLine(key)}
              value={value}
              only={term}
              without={{ ...term, negative: true }}
              onTerm={onTerm}
            />
          );
        })}
      </dl>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly only?: Term;
  readonly without?: Term;
  readonly onTerm?: (term: Term) => void;
}

function Field({ label, value, only, without, onTerm }: FieldProps) {
  return (
    <div className="field-row">
      <dt>{label}</dt>
      <dd>
        <bdi>{manyLines(value)}</bdi>
      </dd>
      <dd className="field-actions">
        {only && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Only lines with this ${label}`}
            title="Only these"
            onClick={() => onTerm?.(only)}
          >
            <Icon name="plus" />
          </button>
        )}
        {without && (
          <button
            type="button"
            className="icon-button"
            aria-label={`No lines with this ${label}`}
            title="Not these"
            onClick={() => onTerm?.(without)}
          >
            <Icon name="minus" />
          </button>
        )}
      </dd>
    </div>
  );
}
