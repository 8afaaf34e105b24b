import type { LogLine } from '@tailrace/http/contract/generated.ts';
import type { Field as QueryField } from '@tailrace/log-query/query/tree.ts';
import { Icon } from '../../ui/icon.tsx';
import { manyLines, oneLine } from '../../ui/text/visible-text.ts';
import { attributeField, lineField, type QueryPart } from '../query/query-parts.ts';

interface LineFieldsProps {
  readonly line: LogLine;
  readonly name: string | undefined;
  readonly onPart: (part: QueryPart) => void;
}

/** A line's fields; each can be asked for, or left out. */
export function LineFields({ line, name, onPart }: LineFieldsProps) {
  return (
    <>
      <dl className="fields">
        <Field label="time" value={line.timestamp} />
        <Field label="level" value={line.level ?? 'unset'} field={lineField('level')} onPart={onPart} />
        <Field
          label="connection"
          value={name ?? line.connection_id}
          field={lineField('connection')}
          canLeaveOut
          onPart={onPart}
        />
        <Field label="stream" value={line.stream} field={lineField('stream')} canLeaveOut onPart={onPart} />
        {line.trace_id && (
          <Field label="trace" value={line.trace_id} field={lineField('trace')} canLeaveOut onPart={onPart} />
        )}
        {line.span_id && <Field label="span" value={line.span_id} field={lineField('span')} onPart={onPart} />}
        <Field label="parser" value={line.parser} field={lineField('parser')} canLeaveOut onPart={onPart} />
      </dl>
      <Group title="Attributes" fields={line.attributes} onPart={onPart} />
      <Group title="Resource" fields={line.resource} onPart={onPart} />
    </>
  );
}

function Group({
  title,
  fields,
  onPart,
}: {
  readonly title: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly onPart: (part: QueryPart) => void;
}) {
  const entries = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <dl className="fields">
        {entries.map(([key, value]) => (
          <Field key={key} label={oneLine(key)} value={value} field={attributeField(key)} canLeaveOut onPart={onPart} />
        ))}
      </dl>
    </>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  /** What it is called in a query; without it, it cannot be asked for. */
  readonly field?: QueryField;
  readonly canLeaveOut?: boolean;
  readonly onPart?: (part: QueryPart) => void;
}

function Field({ label, value, field, canLeaveOut = false, onPart }: FieldProps) {
  return (
    <div className="field-row">
      <dt>{label}</dt>
      <dd>
        <bdi>{manyLines(value)}</bdi>
      </dd>
      <dd className="field-actions">
        {field && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Only lines with this ${label}`}
            title="Only these"
            onClick={() => onPart?.({ field, value, negative: false })}
          >
            <Icon name="plus" />
          </button>
        )}
        {field && canLeaveOut && (
          <button
            type="button"
            className="icon-button"
            aria-label={`No lines with this ${label}`}
            title="Not these"
            onClick={() => onPart?.({ field, value, negative: true })}
          >
            <Icon name="minus" />
          </button>
        )}
      </dd>
    </div>
  );
}
