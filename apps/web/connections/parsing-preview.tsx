import type { AnswerOf } from '@tailrace/http/client/api-calls.ts';
import { count } from '../ui/text/format.ts';
import { oneLine } from '../ui/text/visible-text.ts';
import type { ParsingPreview } from './use-parsing-preview.ts';

type Answer = AnswerOf<'POST connections/{id}/parsing/preview'>;
type Line = Answer['lines'][number];

interface PreviewLinesProps {
  readonly preview: ParsingPreview;
  /** Lines to try the rules on in place of the stored ones. */
  readonly given: string;
  readonly onGiven: (lines: string) => void;
}

/** The last lines of the connection, and what becomes of each by the rules as they are written now. */
export function PreviewLines({ preview, given, onGiven }: PreviewLinesProps) {
  const { answer, isAsking, problems } = preview;
  return (
    <section className="parsing-preview" aria-label="What becomes of the lines" aria-busy={isAsking}>
      <div className="parsing-preview-head">
        <h3>{given.trim() === '' ? 'The last lines' : 'Your lines'}</h3>
        <span className="dim" role="status">
          {answer && summaryOf(answer)}
          {problems && ' Shown as of the last rules that could be used.'}
        </span>
      </div>
      <details>
        <summary>Try them on lines of your own</summary>
        <textarea
          aria-label="Lines of your own, one below the other"
          className="parsing-pattern"
          rows={4}
          spellCheck={false}
          value={given}
          onChange={({ target }) => onGiven(target.value)}
        />
      </details>
      {answer?.lines.length === 0 && (
        <p className="empty dim">
          No line of this connection is stored yet. Paste some above, or come back when there are.
        </p>
      )}
      <ol className={isAsking || problems ? 'parsing-lines parsing-lines-old' : 'parsing-lines'}>
        {answer?.lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may be alike, and keep their places
          <PreviewLine key={index} line={line} />
        ))}
      </ol>
    </section>
  );
}

function summaryOf({ lines, untaken, missing }: Answer): string {
  const taken = lines.length - untaken;
  const rest = missing > 0 ? `; ${count(missing)} more are no longer kept or were not tried in time` : '';
  return `${count(taken)} of ${count(lines.length)} taken by a rule${rest}.`;
}

function PreviewLine({ line }: { readonly line: Line }) {
  const { text, rule, parser, level, severity_text, time, message, attributes, unread, misses } = line;
  return (
    <li className={`parsing-line level-${level ?? 'unset'}`}>
      <p className="parsing-text">
        <bdi>{oneLine(text)}</bdi>
      </p>
      <p className="item-tags">
        <span className={`tag ${rule === null ? '' : 'tone-good'}`}>
          {rule ?? (parser === 'plain' ? 'no parser' : parser)}
        </span>
        <span className="log-level">{level ?? 'no level'}</span>
        {severity_text !== '' && severity_text.toLowerCase() !== level && <span className="dim">{severity_text}</span>}
        <span className={time === null ? 'dim' : 'number'}>{time ?? 'no time'}</span>
        <bdi className="parsing-message">{oneLine(message)}</bdi>
      </p>
      {Object.keys(attributes).length > 0 && (
        <p className="parsing-attributes">
          {Object.entries(attributes).map(([name, value]) => (
            <span key={name}>
              <span className="dim">{oneLine(name)}=</span>
              <bdi>{value === text ? 'the whole line' : oneLine(value)}</bdi>
            </span>
          ))}
        </p>
      )}
      {unread.map(({ group, use, text: found }) => (
        <p key={group} className="field-notice">
          {group} is no {use} that is known: {oneLine(found)}
        </p>
      ))}
      {rule === null &&
        misses.map((miss) => (
          <p key={miss.rule} className="field-help">
            {miss.rule}: {miss.reason}
          </p>
        ))}
    </li>
  );
}
