import { digitsAt, isDigit } from '../../characters.ts';
import type { TextParser } from '../text-parser.ts';
import { present } from './http-request.ts';

/** IIS's default fields behind date and time, and all it can log, in its order. */
const usual = [
  'server.address',
  'http.request.method',
  'url.path',
  'url.query',
  'server.port',
  'user.name',
  'client.address',
  'user_agent.original',
  'http.request.header.referer',
  'http.response.status_code',
  'iis.substatus',
  'iis.win32_status',
  'iis.time_taken_ms',
];
const withoutReferrer = usual.filter((name) => name !== 'http.request.header.referer');
const complete = [
  'iis.site',
  'host.name',
  'server.address',
  'http.request.method',
  'url.path',
  'url.query',
  'server.port',
  'user.name',
  'client.address',
  'network.protocol.version',
  'user_agent.original',
  'http.request.header.cookie',
  'http.request.header.referer',
  'http.request.header.host',
  'http.response.status_code',
  'iis.substatus',
  'iis.win32_status',
  'http.response.size',
  'http.request.size',
  'iis.time_taken_ms',
];
const layouts = [usual, withoutReferrer, complete];
const mostFields = 24;

/**
 * A line of IIS's W3C extended log, in the default order of fields or with all of them. Other selections of fields need
 * the header line, which a stream of lines does not carry along.
 * @see https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging
 */
export const iis: TextParser = {
  name: 'iis',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || bracketed || text.charCodeAt(at) !== 0x20 || text.charCodeAt(4) !== 0x2d) return false;
    const values = text.slice(at + 1).split(' ', mostFields + 1);
    const layout = layouts.find((names) => names.length === values.length && fits(names, values));
    if (layout === undefined) return false;
    // The log's times are UTC, which no line says.
    draft.time(`${time}Z`);
    layout.forEach((name, index) => {
      const value = values[index] as string;
      if (name === 'user_agent.original') present(draft, name, value.replaceAll('+', ' '));
      else if (name === 'network.protocol.version') present(draft, name, value.replace('HTTP/', ''));
      else present(draft, name, value);
    });
    draft.message(text);
    return true;
  },
};

function fits(names: readonly string[], values: readonly string[]): boolean {
  const field = (name: string) => values[names.indexOf(name)] as string;
  const status = field('http.response.status_code');
  return (
    status.length === 3 &&
    digitsAt(status, 0, 3) >= 100 &&
    /^[A-Z]{3,16}$/.test(field('http.request.method')) &&
    field('url.path').startsWith('/') &&
    isDigit(field('server.port').charCodeAt(0))
  );
}
