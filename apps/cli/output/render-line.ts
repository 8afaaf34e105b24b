import type { LogLine } from '@tailrace/http/contract/generated.ts';
import pc from 'picocolors';
import { jsonText, visible } from './terminal.ts';

type Colors = ReturnType<typeof pc.createColors>;

/** How lines look on a terminal. */
export type RenderLine = (line: LogLine, connectionName?: string) => string;

/** One JSON document a line, as the API gives it. */
export const renderJson: RenderLine = (line) => jsonText(line);

const widest = 5;

/** Local time, level, the connection's name where that is known, where it comes from within it, message. */
export function renderText(useColor: boolean): RenderLine {
  const colors = pc.createColors(useColor);
  return (line, connectionName) => {
    const level = (line.level ?? '').toUpperCase().padEnd(widest);
    const source = line.resource['service.name'] ?? line.stream;
    return [
      colors.dim(localTime(line.timestamp)),
      paint(colors, line)(level),
      ...(connectionName === undefined ? [] : [colors.dim(onOneLine(connectionName))]),
      colors.cyan(onOneLine(source)),
      visible(line.body),
    ].join(' ');
  };
}

function onOneLine(text: string): string {
  return visible(text).replaceAll('\n', ' ');
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
