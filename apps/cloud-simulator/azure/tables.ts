import type { AzureEvent, Json } from '../store/cloud-event.ts';
import type { Row } from './kql/scope.ts';
import type { Column, KqlType, KqlValue } from './kql/value.ts';

/** Columns as `name:type name:type …`. */
function columns(text: string): Column[] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [name = '', type = ''] = entry.split(':');
      return { name, type: type as KqlType };
    });
}

const application =
  'OperationName:string OperationId:string ParentId:string SessionId:string UserId:string AppVersion:string ' +
  'AppRoleName:string AppRoleInstance:string ClientType:string ClientIP:string ClientCity:string ' +
  'ClientCountryOrRegion:string ResourceGUID:string IKey:string SDKVersion:string ItemCount:int';

/** The tables that exist from the start. Source: Azure Monitor's table reference. */
const known: Readonly<Record<string, readonly Column[]>> = {
  AppTraces: columns(`Message:string SeverityLevel:int Properties:dynamic Measurements:dynamic ${application}`),
  AppRequests: columns(
    `Id:string Source:string Name:string Url:string Success:bool ResultCode:string DurationMs:real
     PerformanceBucket:string Properties:dynamic Measurements:dynamic ${application}`,
  ),
  AppExceptions: columns(
    `ProblemId:string HandledAt:string ExceptionType:string Assembly:string Method:string OuterType:string
     OuterMessage:string InnermostType:string InnermostMessage:string Message:string SeverityLevel:int Details:dynamic
     Properties:dynamic Measurements:dynamic ${application}`,
  ),
  ContainerLogV2: columns(
    `Computer:string ContainerId:string ContainerName:string PodName:string PodNamespace:string LogMessage:dynamic
     LogSource:string LogLevel:string KubernetesMetadata:dynamic`,
  ),
  AzureDiagnostics: columns(
    `ResourceId:string Category:string ResourceGroup:string SubscriptionId:guid ResourceProvider:string Resource:string
     ResourceType:string OperationName:string ResultType:string ResultDescription:string CorrelationId:string
     CallerIPAddress:string Level:string requestUri_s:string httpStatus_d:real AdditionalFields:dynamic`,
  ),
  AzureActivity: columns(
    `OperationNameValue:string Level:string ActivityStatusValue:string Caller:string CallerIpAddress:string
     ResourceProviderValue:string ResourceGroup:string CorrelationId:string Properties_d:dynamic`,
  ),
  Syslog: columns(
    `Computer:string Facility:string SeverityLevel:string HostName:string HostIP:string ProcessName:string ProcessID:int
     SyslogMessage:string`,
  ),
};

const front = columns('TenantId:string TimeGenerated:datetime');
const back: readonly Column[] = [
  ...columns('SourceSystem:string Type:string _ResourceId:string'),
  { name: '_ItemId', type: 'guid', hidden: true },
];

interface Table {
  readonly columns: Column[];
  /** Of the columns and of those that every table has. */
  readonly names: Set<string>;
}

/** The columns of each table: known ones, and those that were written to a table of one's own. */
export class Tables {
  readonly #tables = new Map<string, Table>();

  constructor() {
    for (const [name, columns] of Object.entries(known)) this.#add(name, columns);
  }

  /** Takes note of columns that a written row adds. */
  note(event: AzureEvent): void {
    const { columns, names } = this.#tables.get(event.source) ?? this.#add(event.source, []);
    for (const name in event.body.row) {
      if (names.has(name)) continue;
      names.add(name);
      columns.push({ name, type: typeOf(event.body.row[name]!) });
    }
  }

  /** The columns in the order `getschema` has them; undefined for a table that is not there. */
  columnsOf(table: string): readonly Column[] | undefined {
    const columns = this.#tables.get(table)?.columns;
    return columns === undefined ? undefined : [...front, ...columns, ...back];
  }

  #add(name: string, columns: readonly Column[]): Table {
    const names = new Set([...front, ...columns, ...back].map((column) => column.name));
    const table = { columns: [...columns], names };
    this.#tables.set(name, table);
    return table;
  }
}

function typeOf(value: Json): KqlType {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'real';
  return typeof value === 'object' ? 'dynamic' : 'string';
}

/** A stored event as a row of its table. */
export function rowOf(event: AzureEvent, columns: readonly Column[]): Row {
  const fixed: Readonly<Record<string, KqlValue>> = {
    TenantId: event.scope,
    TimeGenerated: event.eventTime,
    Type: event.source,
    _ItemId: event.id,
  };
  const values = columns.map(({ name, type }) => {
    const value = fixed[name] ?? event.body.row[name] ?? null;
    // A long above 2^53 is written as digits, for JSON's numbers do not hold it.
    return type === 'long' && typeof value === 'string' ? BigInt(value) : value;
  });
  return { values, ingestionTime: event.ingestionTime };
}
