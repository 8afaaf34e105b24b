import type { Flag } from '@tailrace/log-record/flags.ts';
import { severityOfAppTraces, severityOfWindowsEvent, severityOfWord } from '@tailrace/log-record/severity.ts';
import { appFields } from '../app-fields.ts';
import { Draft } from '../draft.ts';
import { type FieldHandler, FieldNames } from '../field-names.ts';
import { readJsonObject } from '../json-object.ts';
import { defaultMessage, readJsonText } from '../json-text.ts';
import { lineHeadOf } from '../line-head.ts';
import { parseText, readEnvelopedMessage } from '../parsers/text-parsers.ts';
import { type Flagged, storable } from '../storable.ts';
import type { ProviderReader } from './provider-reader.ts';

/** A row on its way into a draft: columns come in any order, and some mean something only together. */
class Row implements Flagged {
  readonly draft: Draft;
  table: string;
  /** The message for people, of the column of the lowest rank. */
  text: string | undefined;
  textColumn = '';
  textRank = Number.POSITIVE_INFINITY;
  /** Custom dimensions; their names are the application's. */
  properties: string | undefined;
  /** The table's level, which is the program's own or that of the stream it wrote to: the table's name says which. */
  level: { readonly number: number; readonly text: string; readonly path: string } | undefined;

  constructor(draft: Draft, table: string) {
    this.draft = draft;
    this.table = table;
  }

  flag(flag: Flag): void {
    this.draft.flag(flag);
  }
}

type Handler = FieldHandler<Row>;

const ignored: Handler = () => undefined;

function isNothing(value: string, kind: string): boolean {
  return value === '' || (kind === 'literal' && value === 'null') || (kind === 'object' && value === '{}');
}

function attributeAs(name: string): Handler {
  return ({ draft }, value, kind) => {
    if (!isNothing(value, kind)) draft.attribute(name, value);
  };
}

function resourceAs(name: string): Handler {
  return ({ draft }, value, kind, path) => {
    if (isNothing(value, kind)) return;
    if (draft.resource[name] === undefined) draft.resourceAttribute(name, value);
    else if (draft.resource[name] !== value) draft.attribute(path, value);
  };
}

function text(rank: number): Handler {
  return (row, value, kind, path) => {
    if (isNothing(value, kind)) return;
    if (rank >= row.textRank) {
      row.draft.attribute(path, value);
      return;
    }
    if (row.text !== undefined) row.draft.attribute(row.textColumn, row.text);
    row.text = value;
    row.textColumn = path;
    row.textRank = rank;
  };
}

function rowLevel(row: Row, number: number, value: string, kind: string, path: string): void {
  if (number === 0 || row.level !== undefined) {
    if (!isNothing(value, kind)) row.draft.attribute(path, value);
  } else row.level = { number, text: value, path };
}

/** AppTraces and AppExceptions have Application Insights' numbers, the Syslog table has words. */
const severityLevel: Handler = (row, value, kind, path) => {
  const number = severityOfWord(value) || (value.length === 1 ? severityOfAppTraces(Number(value)) : 0);
  rowLevel(row, number, value, kind, path);
};

/** Words, or Windows' event levels. */
const level: Handler = (row, value, kind, path) => {
  const number = severityOfWord(value) || (value.length === 1 ? severityOfWindowsEvent(Number(value)) : 0);
  rowLevel(row, number, value, kind, path);
};

const operationId: Handler = ({ draft }, value, kind, path) => {
  if (!isNothing(value, kind) && !draft.trace(value)) draft.attribute(path, value);
};

const parentId: Handler = ({ draft }, value, kind, path) => {
  if (!isNothing(value, kind) && !draft.span(value)) draft.attribute(path, value);
};

/** `/subscriptions/<id>/resourcegroups/<name>/providers/…`; a resource's id is the same in any case. */
const resourceId: Handler = ({ draft }, value, kind) => {
  if (isNothing(value, kind)) return;
  draft.resourceAttribute('cloud.resource_id', value);
  const [, subscriptions = '', id] = value.split('/', 3);
  if (subscriptions.toLowerCase() === 'subscriptions') draft.resourceAttribute('cloud.account.id', id);
};

/** Custom logs mark each column with its type, and columns made of a JSON line with the name it had. */
const customColumn = /^(?:Log_|log_|LogEntry_)?(.{1,100})_([sdgbt])$/;

/** A column of an unknown table: it may have the name of a field that logging libraries write. */
const otherColumn: Handler = (row, value, kind, path) => {
  if (isNothing(value, kind) || path.startsWith('__')) return;
  const custom = customColumn.exec(path);
  if (custom === null) {
    row.draft.attribute(path, value);
    return;
  }
  const name = custom[1] as string;
  const field = appFields.child(appFields.root, name, 0, name.length);
  field.handle(row.draft, value, kind, path);
};

const columns = new FieldNames<Row>({
  otherwise: otherColumn,
  whole: ['Properties', 'AdditionalFields', 'LogMessage', 'Details'],
  fields: {
    // In the raw event's own fields already, or the same for every row of a workspace.
    TimeGenerated: ignored,
    TenantId: ignored,
    SourceSystem: ignored,
    MG: ignored,
    _TimeReceived: ignored,
    _BilledSize: ignored,
    _IsBillable: ignored,
    _ItemId: ({ draft }, value) => draft.uid(value),
    Type: (row, value) => {
      row.table = value;
    },

    _ResourceId: resourceId,
    ResourceId: resourceId,
    _SubscriptionId: resourceAs('cloud.account.id'),
    SubscriptionId: resourceAs('cloud.account.id'),
    AppRoleName: resourceAs('service.name'),
    AppRoleInstance: resourceAs('service.instance.id'),
    AppVersion: resourceAs('service.version'),
    Computer: resourceAs('host.name'),
    HostName: resourceAs('host.name'),

    Message: text(1),
    LogMessage: text(1),
    SyslogMessage: text(1),
    OuterMessage: text(2),
    RenderedDescription: text(2),
    msg_s: text(2),
    Msg_s: text(2),
    Message_s: text(2),
    log_s: text(2),
    Log_s: text(2),
    LogEntry: text(2),
    LogEntry_s: text(2),
    Msg: text(2),
    ResultDescription: text(3),
    RawData: text(3),
    InnermostMessage: text(4),

    SeverityLevel: severityLevel,
    Level: level,
    LogLevel: level,
    EventLevelName: level,
    Level_s: level,
    log_level_s: level,

    OperationId: operationId,
    ParentId: parentId,

    Properties: (row, value, kind) => {
      if (!isNothing(value, kind)) row.properties = value;
    },
    AdditionalFields: (row, value, kind) => {
      if (!isNothing(value, kind)) row.properties = value;
    },
    Category: attributeAs('azure.category'),

    PodName: attributeAs('k8s.pod.name'),
    PodNamespace: attributeAs('k8s.namespace.name'),
    ContainerName: attributeAs('k8s.container.name'),
    ContainerId: attributeAs('container.id'),
    LogSource: attributeAs('log.iostream'),
    LogEntrySource: attributeAs('log.iostream'),

    ExceptionType: attributeAs('exception.type'),
    Details: ({ draft }, value, kind) => {
      if (!isNothing(value, kind)) readExceptionDetails(value, draft);
    },

    Url: attributeAs('url.full'),
    Facility: attributeAs('syslog.facility'),
    ProcessName: attributeAs('process.name'),
    ProcessID: attributeAs('process.pid'),
    ClientIP: attributeAs('client.address'),
  },
});

/**
 * A row of a Log Analytics table, column by name. Any table is taken; those of Application Insights, containers, syslog
 * and resource logs are known better.
 */
export const readAzure: ProviderReader = (raw, timestamp, rules) => {
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

/**
 * App Service and its like give a console line the level of the stream it was written to; all other tables have the one
 * that the program or the service gave.
 */
function readRowLevel({ draft, level, table }: Row): void {
  if (level === undefined) return;
  if (/console/i.test(table)) draft.derivedSeverity(level.number, level.text, `azure.${level.path}`);
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

/** `[{"parsedStack":[…],"rawStack":"…","type":"…","message":"…"}]` of AppExceptions. */
function readExceptionDetails(details: string, draft: Draft): void {
  const stacktrace = storable(stacktraceOf(details), draft);
  if (stacktrace === '') draft.attribute('Details', details);
  else draft.attribute('exception.stacktrace', stacktrace);
}

interface StackFrame {
  readonly method?: unknown;
  readonly fileName?: unknown;
  readonly line?: unknown;
}

function stacktraceOf(details: string): string {
  const [first] = arrayOf(details);
  if (typeof first !== 'object' || first === null) return '';
  if ('rawStack' in first && typeof first.rawStack === 'string') return first.rawStack;
  if (!('parsedStack' in first) || !Array.isArray(first.parsedStack)) return '';
  return first.parsedStack
    .filter((frame): frame is StackFrame => typeof frame === 'object' && frame !== null)
    .map(
      ({ method, fileName, line }) =>
        `   at ${String(method)}${fileName === undefined ? '' : ` in ${fileName}:line ${line}`}`,
    )
    .join('\n');
}

function arrayOf(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
