import type { LogLine } from '@tailrace/log-query/log-line.ts';
import pc from 'picocolors';
import { visible } from './terminal.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** How lines look on a terminal. */
export type RenderLine = (line: LogLine) => string;

/** One JSON document a line, as the API gives it. */
export const renderJson: RenderLine = (line) => JSON.stringify(line);

const widest = 5;

/** Local time, level, where it comes from, message. */
export function renderText(useColor: boolean): RenderLine {
  const colors = pc.createColors(useColor);
  return (line) => {
    const level = (line.level ?? '').toUpperCase().padEnd(widest);
    const source = line.resource['service.name'] ?? line.stream;
    return [
      colors.dim(localTime(line.timestamp)),
      paint(colors, line)(level),
      colors.cyan(visible(source).replaceAll('\n', ' ')),
      visible(line.body),
    ].join(' ');
  };
}

function paint(colors: Colors, { level }: LogLine): (text: string) => string {
  switch (level) {
    case 'fatal':
      return (text) => colors.bold(colors.red(text));
    case 'error':
      return colors.red;
    case 'warn':
      return colors.yellow;
    case 'info':
      return colors.green;
    default:
      return colors.dim;
  }
}

function localTime(timestamp: string): string {
  const time = new Date(timestamp);
  const two = (value: number) => String(value).padStart(2, '0');
  const millis = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${millis}`;
}

/** https://no-color.org, and what people expect of `auto`. */
export function wantsColor(
  choice: string,
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env.NO_COLOR) return false;
  return isTerminal || Boolean(env.FORCE_COLOR);
}
