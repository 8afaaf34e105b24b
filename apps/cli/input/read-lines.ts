import { CliError, exitCodes } from '../cli-error.ts';

/** A cloud's event is smaller than this, and so is the record it becomes. */
const maxLineBytes = 4 * 1024 * 1024;

/**
 * The lines of UTF-8 text, whose length does not matter: one line at a time is held.
 *
 * @param name what to call the input.
 * @throws CliError for a line over 4 MiB, and for an input that is no UTF-8 text but compressed or UTF-16.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let line = 1;
  let isFirst = true;
  for await (const chunk of chunks) {
    if (isFirst) refuseOther(chunk, name);
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end));
      yield textOf(parts, line === 1);
      parts = [];
      bytes = 0;
      start = end + 1;
      line += 1;
    }
    isFirst = false;
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > maxLineBytes) throw new CliError(`${name}: line ${line} is over 4 MiB`, exitCodes.failed);
  }
  if (parts.length > 0) yield textOf(parts, line === 1);
}

function textOf(parts: readonly Buffer[], isFirst: boolean): string {
  const text = Buffer.concat(parts).toString();
  const whole = isFirst && text.startsWith('\ufeff') ? text.slice(1) : text;
  return whole.endsWith('\r') ? whole.slice(0, -1) : whole;
}

function refuseOther(chunk: Buffer, name: string): void {
  const mark = chunk.subarray(0, 2).toString('hex');
  if (mark === '1f8b') {
    throw new CliError(
      `${name}: it is compressed`,
      exitCodes.usage,
      'Pipe it in: zcat … | tailrace normalise --file -',
    );
  }
  if (mark === 'fffe' || mark === 'feff') {
    throw new CliError(
      `${name}: it is UTF-16`,
      exitCodes.usage,
      'Pipe it in: iconv -f UTF-16 -t UTF-8 … | tailrace normalise --file -',
    );
  }
}
