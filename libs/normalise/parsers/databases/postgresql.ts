import { severity } from '@tailrace/log-record/severity.ts';
import { isDigit } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import type { TextParser } from '../text-parser.ts';

/** Every message has its severity before a colon and two spaces, whatever `log_line_prefix` puts before that. */
const levelPattern =
  /(DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT): {2}/;
const levels: Readonly<Record<string, number>> = {
  INFO: severity.info,
  LOG: severity.info,
  NOTICE: severity.notice,
  WARNING: severity.warn,
  ERROR: severity.error,
  FATAL: severity.critical,
  PANIC: severity.fatal,
};
/** RDS's `%t:%r:%u@%d:[%p]:`. */
const rdsPattern = /^:([^:\s(]*)(?:\(([0-9]{1,5})\))?:([^@\s]*)@([^:\s]*):\[([0-9]{1,10})\]:$/;
/** The default `%m [%p] `, and what administrators put behind it: `[1-1] user=…,db=…,app=…,client=…`. */
const usualPattern = /^ \[([0-9]{1,10})\]:? ?(.*)$/;
/** Azure's flexible server has `%t-%c-`. */
const azurePattern = /^-([0-9a-f]{1,16}\.[0-9a-f]{1,16})-$/;
const longestPrefix = 400;
const comma = 0x2c;
const quote = 0x22;

/**
 * PostgreSQL's server log, with the default prefix, the usual ones and those of Amazon RDS and Azure, and its csvlog.
 * @see https://www.postgresql.org/docs/current/runtime-config-logging.html
 */
export const postgresql: TextParser = {
  name: 'postgresql',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || bracketed) return false;
    if (text.charCodeAt(at) === comma) return readCsv(text, at, time, draft);
    const next = text.charCodeAt(at);
    const isProcess = next === 0x20 && text.charCodeAt(at + 1) === 0x5b && isDigit(text.charCodeAt(at + 2));
    if (!isProcess && next !== 0x3a && next !== 0x2d) return false;
    const head = text.slice(at, at + longestPrefix);
    const found = levelPattern.exec(head);
    if (found === null || !readPrefix(head.slice(0, found.index), draft)) return false;
    const word = found[1] as string;
    draft.time(time);
    const number = word.startsWith('DEBUG') ? severity.debug : levels[word];
    if (number !== undefined) draft.level(number, word);
    else draft.attribute('postgresql.message_type', word);
    draft.message(text.slice(at + found.index + found[0].length));
    return true;
  },
};

/** Columns of csvlog behind the time; an empty name is taken up otherwise or says nothing to people. */
const columns = [
  'user.name',
  'db.namespace',
  'process.pid',
  'client',
  'postgresql.session_id',
  'postgresql.session_line',
  'postgresql.command_tag',
  'postgresql.session_start',
  'postgresql.virtual_transaction_id',
  'postgresql.transaction_id',
  'level',
  'db.response.status_code',
  'message',
  'postgresql.detail',
  'postgresql.hint',
  'postgresql.internal_query',
  'postgresql.internal_query_position',
  'postgresql.context',
  'db.query.text',
  'postgresql.query_position',
  'postgresql.location',
  'postgresql.application_name',
  'postgresql.backend_type',
  'postgresql.leader_pid',
  'postgresql.query_id',
];
const fewestColumns = 22;

/** @see https://www.postgresql.org/docs/current/runtime-config-logging.html#RUNTIME-CONFIG-LOGGING-CSVLOG */
function readCsv(text: string, at: number, time: string, draft: Draft): boolean {
  const values = csvValues(text, at + 1, columns.length);
  const word = values[10] ?? '';
  const number = word.startsWith('DEBUG') ? severity.debug : levels[word];
  if (values.length < fewestColumns || number === undefined) return false;
  draft.time(time);
  draft.level(number, word);
  columns.forEach((name, index) => {
    const value = values[index] ?? '';
    if (name === 'client') readClient(value, draft);
    else if (name === 'message') draft.message(value);
    else if (name !== 'level') draft.attributeIfAny(name, value);
  });
  return true;
}

function readClient(value: string, draft: Draft): void {
  const colon = value.lastIndexOf(':');
  draft.attributeIfAny('client.address', colon < 0 ? value : value.slice(0, colon));
  if (colon >= 0) draft.attributeIfAny('client.port', value.slice(colon + 1));
}

/** Values between commas; a quote inside a quoted one is doubled (RFC 4180). */
function csvValues(text: string, from: number, most: number): string[] {
  const values: string[] = [];
  let at = from;
  while (at <= text.length && values.length < most) {
    let end: number;
    if (text.charCodeAt(at) === quote) {
      end = text.indexOf('"', at + 1);
      while (end >= 0 && text.charCodeAt(end + 1) === quote) end = text.indexOf('"', end + 2);
      if (end < 0) return values;
      const next = text.charCodeAt(end + 1);
      if (next !== comma && !Number.isNaN(next)) return [];
      values.push(text.slice(at + 1, end).replaceAll('""', '"'));
      at = end + 2;
    } else {
      end = text.indexOf(',', at);
      if (end < 0) end = text.length;
      values.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return values;
}

function readPrefix(prefix: string, draft: Draft): boolean {
  const rds = rdsPattern.exec(prefix);
  if (rds !== null) {
    const [, address = '', port, user = '', database = '', process = ''] = rds;
    draft.attribute('process.pid', process);
    draft.attributeIfAny('client.address', address);
    draft.attributeIfAny('client.port', port);
    draft.attributeIfAny('user.name', user);
    draft.attributeIfAny('db.namespace', database);
    return true;
  }
  const azure = azurePattern.exec(prefix);
  if (azure !== null) {
    draft.attribute('postgresql.session_id', azure[1] as string);
    return true;
  }
  const usual = usualPattern.exec(prefix);
  if (usual === null) return false;
  draft.attribute('process.pid', usual[1] as string);
  readPrefixFields((usual[2] as string).trim(), draft);
  return true;
}

const names: Readonly<Record<string, string>> = {
  user: 'user.name',
  db: 'db.namespace',
  app: 'postgresql.application_name',
  client: 'client.address',
};

function readPrefixFields(text: string, draft: Draft): void {
  if (text === '') return;
  const rest: string[] = [];
  for (const part of text.split(/[, ]+/, 16)) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? undefined : names[part.slice(0, equals)];
    if (name === undefined) rest.push(part);
    else draft.attributeIfAny(name, part.slice(equals + 1));
  }
  draft.attributeIfAny('postgresql.prefix', rest.join(' ').trim());
}
