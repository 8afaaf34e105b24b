import { severityOfGcp } from '@tailrace/log-record/severity.ts';
import { Draft } from '../draft.ts';
import { type FieldHandler, FieldNames } from '../fields/field-names.ts';
import { readJsonObject } from '../json/json-object.ts';
import { defaultMessage, readJsonText } from '../json/json-text.ts';
import { parseText, readEnvelopedMessage } from '../parsers/text-parsers.ts';
import type { CloudEvents } from './cloud-events.ts';
import { otherResourceLabel, resourceLabels } from './gcp-resource.ts';
import type { ProviderReader } from './provider-reader.ts';

/** The entry's fields go to the draft as they come, its payload when all are known. */
class Entry extends Draft {
  logName = '';
  textPayload: string | undefined;
  jsonPayload: string | undefined;
  protoPayload: string | undefined;
  entrySeverity = '';
}

type Handler = FieldHandler<Entry>;

const attribute: Handler = (entry, value, _kind, path) => entry.attribute(path, value);

function attributeAs(name: string): Handler {
  return (entry, value) => entry.attributeIfAny(name, value);
}

const entryFields = new FieldNames<Entry>({
  otherwise: (entry, value, _kind, path) => entry.attribute(`gcp.${path}`, value),
  whole: ['jsonPayload', 'protoPayload'],
  below: {
    'resource.labels': otherResourceLabel,
    labels: attribute,
  },
  fields: {
    ...resourceLabels,
    // In the raw event's own fields already.
    timestamp: () => undefined,
    receiveTimestamp: () => undefined,
    logName: (entry, value) => {
      entry.logName = value;
      entry.attribute('gcp.log_name', value);
    },
    insertId: (entry, value) => entry.uid(value),
    'resource.type': (entry, value) => entry.resourceAttribute('gcp.resource_type', value),
    'resource.labels': () => undefined,
    severity: (entry, value) => {
      entry.entrySeverity = value;
    },
    trace: (entry, value) => {
      if (!entry.trace(value)) entry.attributeIfAny('gcp.trace', value);
    },
    spanId: (entry, value) => {
      if (!entry.span(value)) entry.attributeIfAny('gcp.span_id', value);
    },
    traceSampled: attributeAs('gcp.trace_sampled'),
    textPayload: (entry, value) => {
      entry.textPayload = value;
    },
    jsonPayload: (entry, value) => {
      entry.jsonPayload = value;
    },
    protoPayload: (entry, value) => {
      entry.protoPayload = value;
    },
    'httpRequest.requestMethod': attributeAs('http.request.method'),
    'httpRequest.requestUrl': attributeAs('url.full'),
    'httpRequest.requestSize': attributeAs('http.request.size'),
    'httpRequest.status': attributeAs('http.response.status_code'),
    'httpRequest.responseSize': attributeAs('http.response.size'),
    'httpRequest.userAgent': attributeAs('user_agent.original'),
    'httpRequest.remoteIp': attributeAs('client.address'),
    'httpRequest.serverIp': attributeAs('server.address'),
    'httpRequest.referer': attributeAs('http.request.header.referer'),
    'httpRequest.protocol': (entry, value) =>
      entry.attributeIfAny('network.protocol.version', value.startsWith('HTTP/') ? value.slice(5) : value),
    'sourceLocation.file': attributeAs('code.file.path'),
    'sourceLocation.line': attributeAs('code.line.number'),
    'sourceLocation.function': attributeAs('code.function.name'),
    'split.totalSplits': attributeAs('gcp.split.total'),
  },
});

/** Cloud audit logs have a field for each thing; their message is put together from some. */
const auditFields = new FieldNames<Draft>({
  otherwise: (draft, value, _kind, path) => draft.attributeIfAny(`gcp.audit.${path}`, value),
  fields: {},
});
const auditLogType = 'google.cloud.audit.AuditLog';

/**
 * A LogEntry in its JSON form, with a text, JSON or protocol buffer payload.
 * @see https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
 */
const readGcp: ProviderReader = (raw, timestamp, rules) => {
  const entry = new Entry(timestamp, rules);
  entry.resourceAttribute('cloud.provider', 'gcp');
  if (readJsonObject(raw.payload, entryFields, entry) !== 'read') return undefined;
  entry.resourceAttribute('cloud.account.id', projectOf(entry.logName) ?? raw.source.project_id);
  readSeverity(entry);
  if (entry.textPayload !== undefined) parseText(entry.textPayload, entry);
  else if (entry.jsonPayload !== undefined) readJsonPayload(entry.jsonPayload, entry);
  else if (entry.protoPayload !== undefined) readProtoPayload(entry.protoPayload, entry);
  else readRequestOnly(entry);
  return entry;
};

export const gcpEvents: CloudEvents = {
  provider: 'gcp',
  read: readGcp,
  line: {
    telltale: ['logName', 'insertId', 'textPayload', 'jsonPayload', 'protoPayload'],
    wrap: (textPayload) => ({ textPayload }),
    id: 'insertId',
    time: 'timestamp',
    stream: [],
  },
};

/**
 * The agents of GKE, Cloud Run and the like give ERROR to all that was written to stderr and INFO to stdout; anything
 * else, and any entry of another log, has the severity that the program gave it.
 */
function readSeverity(entry: Entry): void {
  const { entrySeverity, logName } = entry;
  const number = severityOfGcp(entrySeverity);
  if (number === 0) return;
  const isStream =
    (entrySeverity === 'ERROR' && /(?:\/|%2F)stderr$/i.test(logName)) ||
    (entrySeverity === 'INFO' && /(?:\/|%2F)stdout$/i.test(logName));
  if (isStream) entry.derivedSeverity(number, entrySeverity, 'gcp.severity');
  else entry.providerSeverity(number, entrySeverity);
}

/** `projects/<id>/logs/<name>`. */
function projectOf(logName: string): string | undefined {
  const [kind, id] = logName.split('/', 2);
  return kind === 'projects' ? id : undefined;
}

function readJsonPayload(payload: string, entry: Entry): void {
  if (readJsonText(payload, entry)) {
    entry.parser = 'json';
    readEnvelopedMessage(entry);
  }
  defaultMessage(requestOf(entry) ?? payload, entry);
}

function readProtoPayload(payload: string, entry: Entry): void {
  if (!payload.includes(auditLogType)) {
    readJsonPayload(payload, entry);
    return;
  }
  const audit = new Draft(entry.timestamp);
  if (readJsonObject(payload, auditFields, audit) !== 'read') {
    entry.message(payload);
    return;
  }
  entry.absorb(audit);
  entry.parser = 'gcp-audit';
  const { attributes } = entry;
  const who = attributes['gcp.audit.authenticationInfo.principalEmail'];
  const failure = attributes['gcp.audit.status.message'];
  const what = [
    attributes['gcp.audit.serviceName'],
    attributes['gcp.audit.methodName'],
    attributes['gcp.audit.resourceName'],
  ];
  const done = what.filter((part) => part !== undefined).join(' ');
  entry.message(`${done}${who === undefined ? '' : ` by ${who}`}${failure === undefined ? '' : `: ${failure}`}`);
}

function readRequestOnly(entry: Entry): void {
  const request = requestOf(entry);
  if (request !== undefined) entry.parser = 'gcp-request';
  entry.message(request ?? '');
}

/** `GET https://example.com/ 200` of an entry about a request. */
function requestOf({ attributes }: Entry): string | undefined {
  const url = attributes['url.full'];
  if (url === undefined) return undefined;
  const parts = [attributes['http.request.method'], url, attributes['http.response.status_code']];
  return parts.filter((part) => part !== undefined).join(' ');
}
