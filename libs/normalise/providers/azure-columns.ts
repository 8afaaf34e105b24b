import type { Flag } from '@tailrace/log-record/flags.ts';
import { severityOfAppTraces, severityOfWindowsEvent, severityOfWord } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../draft.ts';
import { appFields } from '../fields/app-fields.ts';
import { type FieldHandler, FieldNames } from '../fields/field-names.ts';
import type { Flagged } from '../storable.ts';
import { readExceptionDetails } from './azure-exception.ts';

/** A row on its way into a draft: columns come in any order, and some mean something only together. */
export class Row implements Flagged {
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

export function isNothing(value: string, kind: string): boolean {
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

/** Columns of Log Analytics tables, by name. @see https://learn.microsoft.com/azure/azure-monitor/reference/tables-index */
export const columns = new FieldNames<Row>({
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
    Log: text(2),
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
