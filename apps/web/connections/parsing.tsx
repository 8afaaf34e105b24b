import type { Connection } from '@tailrace/http/contract/generated.ts';
import { percent, sharesText } from '@tailrace/log-query/shares-text.ts';
import { useCallback } from 'react';
import { lineField, valuesText } from '../live/query/query-parts.ts';
import { viewSearch } from '../live/query/view.ts';
import { useApp } from '../ui/app-context.ts';
import { Link } from '../ui/link.tsx';
import { useResource } from '../ui/loading/use-resource.ts';
import { pagePath } from '../ui/route.ts';
import { count, shortMoment } from '../ui/text/format.ts';

const everyMs = 30_000;
const mostParsers = 8;

/** What the parsers made of a connection's newest lines, with the way to those that were not understood. */
export function Parsing({ connection }: { readonly connection: Connection }) {
  const { api, project } = useApp();
  const { id, connection_name: name } = connection;
  const read = useCallback(
    (signal: AbortSignal) => api.call('GET connections/{id}/parsing-stats', { path: { id }, signal }),
    [api, id],
  );
  const { value: parsing, problem } = useResource(read, everyMs);
  if (parsing === undefined) return problem === undefined ? null : <p className="dim">{problem}</p>;
  const { lines, since, with_level: withLevel, plain, parsers } = parsing;
  const linesWith = (field: 'parser' | 'level', value: string) => {
    const query = `${valuesText(lineField('connection'), [name])} ${valuesText(lineField(field), [value])}`;
    return `${pagePath(project, 'live')}${viewSearch({ query, time: { kind: 'live', span: '-24h' }, line: undefined })}`;
  };
  return (
    <section>
      <h3>How its lines are understood</h3>
      {lines === 0 ? (
        <p className="dim">No line is stored since {shortMoment(since)}.</p>
      ) : (
        <>
          <p>
            {sentence(sharesText(parsing))}{' '}
            <span className="dim">
              · the newest {count(lines)} {lines === 1 ? 'line' : 'lines'}, since {shortMoment(since)}
            </span>
          </p>
          <ul className="parsers" aria-label="Lines by parser">
            {parsers.slice(0, mostParsers).map(({ parser, lines: ofParser }) => (
              <li key={parser}>
                <Link to={linesWith('parser', parser)}>{parser}</Link>{' '}
                <span className="number dim">{percent(ofParser, lines)}</span>
              </li>
            ))}
            {parsers.length > mostParsers && <li className="dim">{parsers.length - mostParsers} more</li>}
          </ul>
          <p>
            {plain > 0 && <Link to={linesWith('parser', 'plain')}>Lines that no parser knew</Link>}
            {plain > 0 && withLevel < lines && ' · '}
            {withLevel < lines && <Link to={linesWith('level', 'unset')}>Lines without a level</Link>}
          </p>
        </>
      )}
    </section>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
