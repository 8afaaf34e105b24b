import { Draft } from '../draft.ts';
import { FieldNames } from '../fields/field-names.ts';
import { lineHeadOf } from '../head/line-head.ts';
import { readJsonObject } from '../json/json-object.ts';
import { defaultMessage, readJsonText } from '../json/json-text.ts';
import { beginsWithPair } from '../parsers/pairs.ts';
import { parseText, readEnvelopedMessage } from '../parsers/text-parsers.ts';
import { columns, isNothing, Row } from './azure-columns.ts';
import type { CloudEvents } from './cloud-events.ts';
import type { ProviderReader } from './provider-reader.ts';

/**
 * A row of a Log Analytics table, column by name. Any table is taken; those of Application Insights, containers, syslog
 * and resource logs are known better.
 */
const readAzure: ProviderReader = (raw, timestamp, rules) => {
  const draft = new Draft(timestamp, rules);
  draft.uid(raw.event_id);
  const row = new Row(draft, raw.source.table ?? '');
  draft.resourceAttribute('cloud.provider', 'azure');
  draft.resourceAttribute('azure.workspace_id', raw.source.workspace_id);
  if (readJsonObject(raw.payload, columns, row) !== 'read') return undefined;
  draft.attributeIfAny('azure.table', row.table);
  if (row.properties !== undefined) readProperties(row.properties, draft);
  readRowLevel(row);
  readBody(row, raw.payload);
  return draft;
};

export const azureEvents: CloudEvents = {
  provider: 'azure',
  read: readAzure,
  line: {
    telltale: ['TimeGenerated', '_ItemId', 'TenantId'],
    wrap: (message) => ({ Message: message }),
    id: '_ItemId',
    time: 'TimeGenerated',
    stream: ['AppRoleInstance', 'PodName', 'Computer'],
    source: ({ Type: table }) => ({ table: typeof table === 'string' ? table : '' }),
  },
};

/**
 * App Service and its like give a console line the level of the stream it was written to, AKS one that its agent found in
 * it; all other tables have the one that the program or the service gave.
 */
function readRowLevel({ draft, level, table }: Row): void {
  if (level === undefined) return;
  if (/console|^ContainerLog/i.test(table)) draft.derivedSeverity(level.number, level.text, `azure.${level.path}`);
  else draft.providerSeverity(level.number, level.text);
}

/** An object, or its text: dynamic columns come as either. Its names are the application's own. */
function readProperties(properties: string, draft: Draft): void {
  const inner = new Draft(draft.timestamp);
  if (readJsonObject(properties, propertyNames, inner) === 'read') draft.absorb(inner);
  else draft.attribute('Properties', properties);
}

const propertyNames = new FieldNames<Draft>({
  otherwise: (draft, value, kind, path) => {
    if (!isNothing(value, kind)) draft.attribute(path, value);
  },
  fields: {},
});

function readBody({ draft, table, text, textColumn }: Row, payload: string): void {
  if (text !== undefined) {
    // Two columns of AppExceptions hold messages of the same exception, and it may have none of its own.
    if (table === 'AppExceptions') draft.attribute('exception.message', text);
    if (textColumn === 'LogMessage' && text.startsWith('{') && readJsonText(text, draft)) {
      draft.parser = 'json';
      defaultMessage(text, draft);
    } else {
      parseText(text, draft);
    }
    return;
  }
  if (draft.bodyPath !== '') {
    // The columns were a JSON line's fields, a message among them.
    draft.parser = 'json';
    readEnvelopedMessage(draft);
    return;
  }
  const line = lineColumn(draft);
  if (line !== undefined) {
    parseText(draft.take(line) as string, draft);
    return;
  }
  draft.parser = 'azure-row';
  draft.message(summaryOf(draft.attributes) ?? payload);
  const status = table === 'AppRequests' ? draft.take('ResultCode') : undefined;
  draft.attributeIfAny('http.response.status_code', status);
}

/** A line of pairs that says its level. */
function isLogfmt(value: string): boolean {
  return beginsWithPair(value) && /(?:^|\s)(?:level|lvl|severity)=/.test(value);
}

const mostColumns = 64;

/** The column of a table we do not know that holds a log line: the one whose text has a log line's head, or is JSON. */
function lineColumn({ attributes, timestamp }: Draft): string | undefined {
  let columns = 0;
  for (const name in attributes) {
    if (++columns > mostColumns) return undefined;
    const value = attributes[name] as string;
    if (name.startsWith('azure.') || name.startsWith('log.') || !value.includes(' ')) continue;
    const head = lineHeadOf(value, timestamp);
    if (head !== undefined && head.end < value.length && (head.level !== '' || !head.time.startsWith('T'))) return name;
    if (isLogfmt(value)) return name;
  }
  return undefined;
}

/** The columns that say most about a row without a message: the operation, then how it went. */
function summaryOf(attributes: Readonly<Record<string, string>>): string | undefined {
  const { OperationName, OperationNameValue, Name, ResultCode, ActivityStatusValue, ResultType } = attributes;
  const operation = Name ?? OperationNameValue ?? OperationName;
  if (operation === undefined) return undefined;
  const outcome = ResultCode ?? ActivityStatusValue ?? ResultType;
  return outcome === undefined ? operation : `${operation} ${outcome}`;
}
