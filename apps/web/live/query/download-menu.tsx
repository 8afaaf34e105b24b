import type { LogLine } from '@tailrace/http/contract/generated.ts';
import { Icon } from '../../ui/icon.tsx';
import { Popover } from '../../ui/popover.tsx';
import { count } from '../../ui/text/format.ts';
import type { LiveSession } from '../session/live-session.ts';
import { download, toCsv, toNdjson } from './export-lines.ts';

/** Saves the lines of the view as a file. */
export function DownloadMenu({ session }: { readonly session: LiveSession }) {
  const save = (format: 'ndjson' | 'csv') => {
    const lines = linesOf(session);
    const name = `logs-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`;
    if (format === 'csv') download(`${name}.csv`, 'text/csv', toCsv(lines));
    else download(`${name}.ndjson`, 'application/x-ndjson', toNdjson(lines));
  };
  return (
    <Popover className="icon-button" align="end" name="Download" label={<Icon name="download" />}>
      {(close) => (
        <>
          <p className="menu-note dim">{count(session.buffer.length)} lines in view</p>
          {(['ndjson', 'csv'] as const).map((format) => (
            <button
              key={format}
              type="button"
              className="menu-item"
              onClick={() => {
                save(format);
                close();
              }}
            >
              {format === 'csv' ? 'CSV, for a spreadsheet' : 'NDJSON, every field'}
            </button>
          ))}
        </>
      )}
    </Popover>
  );
}

function linesOf({ buffer }: LiveSession): LogLine[] {
  return buffer.slice(0, buffer.length).flatMap((row) => (row.kind === 'line' ? [row.line] : []));
}
