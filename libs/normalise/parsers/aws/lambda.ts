import { severity, severityOfWord } from '@tailrace/log-record/severity.ts';
import { isUuidAt } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import { readJsonText, readMessage } from '../../json/json-text.ts';
import type { Line } from '../../line.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { invocationId } from './invocation.ts';

const tab = 0x09;
/** The runtime puts the exception before its traceback. */
const raisedPattern = /^([\w.]{1,200}): ([^\n]{0,10000})/u;

/**
 * What the AWS Lambda platform and its Node.js and Python runtimes write in the text format.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
 */
export const lambda: TextParser = {
  name: 'lambda',
  read(line, draft) {
    if (line.time !== '' && !line.bracketed) return readNode(line, draft) || readTimeout(line, draft);
    switch (line.text.charCodeAt(0)) {
      case 0x5b:
        return readPython(line.text, draft);
      case 0x53:
      case 0x45:
      case 0x52:
      case 0x49:
        return readPlatform(line.text, draft);
      default:
        return false;
    }
  },
};

/** `2024-01-31T10:20:30.123Z⇥request id⇥INFO⇥message` of console.log and its like. */
function readNode({ text, time, at }: Line, draft: Draft): boolean {
  if (text.charCodeAt(at) !== tab) return false;
  const idEnd = text.indexOf('\t', at + 1);
  const levelEnd = text.indexOf('\t', idEnd + 1);
  const id = text.slice(at + 1, idEnd);
  if (idEnd < 0 || levelEnd < 0 || levelEnd - idEnd > 12 || !(isUuidAt(id, 0) || id === 'undefined')) return false;
  const level = text.slice(idEnd + 1, levelEnd);
  const number = severityOfWord(level);
  if (number === 0) return false;
  draft.time(time);
  draft.level(number, level);
  if (id !== 'undefined') draft.attribute(invocationId, id);
  readNodeMessage(text.slice(levelEnd + 1), draft);
  return true;
}

/** An uncaught error is `Invoke Error⇥{"errorType":…}`. */
function readNodeMessage(text: string, draft: Draft): void {
  const json = text.startsWith('{') ? -1 : text.indexOf('\t{');
  if (json > 0 && json < 64 && readJsonText(text.slice(json + 1), draft))
    draft.replaceBody(text.slice(0, json).trimEnd());
  else readMessage(text, draft);
}

/** `2024-01-31T10:20:30.123Z request id Task timed out after 3.00 seconds`. */
function readTimeout({ text, time, at }: Line, draft: Draft): boolean {
  if (!isUuidAt(text, at + 1) || !text.startsWith(' Task timed out after ', at + 37)) return false;
  draft.time(time);
  draft.inferError();
  draft.attribute(invocationId, text.slice(at + 1, at + 37));
  draft.message(text.slice(at + 38));
  return true;
}

/** `[INFO]⇥2024-01-31T10:20:30.123Z⇥request id⇥message` of Python's logging, `[ERROR] Type: message` of what it did not catch. */
function readPython(text: string, draft: Draft): boolean {
  const levelEnd = text.slice(0, 16).indexOf(']');
  const level = text.slice(1, levelEnd);
  const number = levelEnd < 0 ? 0 : severityOfWord(level);
  if (number === 0) return false;
  if (text.charCodeAt(levelEnd + 1) !== tab) {
    if (number !== severity.error || !text.includes('\nTraceback (most recent call last):', levelEnd)) return false;
    const message = text.slice(levelEnd + 1).trimStart();
    const raised = raisedPattern.exec(message);
    draft.level(number, level);
    draft.attributeIfAny('exception.type', raised?.[1]);
    draft.attributeIfAny('exception.message', raised?.[2]);
    draft.message(message);
    return true;
  }
  const time = timeAt(text, levelEnd + 2, draft.timestamp);
  if (time === undefined || text.charCodeAt(time.end) !== tab) return false;
  const hasId = isUuidAt(text, time.end + 1) && text.charCodeAt(time.end + 37) === tab;
  draft.time(time.iso);
  draft.level(number, level);
  if (hasId) draft.attribute(invocationId, text.slice(time.end + 1, time.end + 37));
  readMessage(text.slice(time.end + (hasId ? 38 : 1)).trimStart(), draft);
  return true;
}

function readPlatform(text: string, draft: Draft): boolean {
  if (text.startsWith('REPORT RequestId: ')) return readReport(text, draft);
  if (text.startsWith('START RequestId: ') || text.startsWith('END RequestId: ')) return readStartOrEnd(text, draft);
  if (text.startsWith('INIT_START ') || text.startsWith('INIT_REPORT ') || text.startsWith('RESTORE_')) {
    readMetrics(text.slice(text.indexOf(' ') + 1), draft);
    draft.message(text);
    return true;
  }
  return text.startsWith('RequestId: ') && readRuntimeError(text, draft);
}

/** `START RequestId: id Version: $LATEST`, `END RequestId: id`. */
function readStartOrEnd(text: string, draft: Draft): boolean {
  const idAt = text.indexOf(': ') + 2;
  if (!isUuidAt(text, idAt)) return false;
  draft.attribute(invocationId, text.slice(idAt, idAt + 36));
  const version = text.startsWith(' Version: ', idAt + 36) ? text.slice(idAt + 46).trim() : '';
  draft.attributeIfAny('faas.version', version);
  draft.message(text);
  return true;
}

/** `REPORT RequestId: id⇥Duration: 3.21 ms⇥…⇥XRAY TraceId: 1-…⇥SegmentId: …⇥Sampled: true`. */
function readReport(text: string, draft: Draft): boolean {
  if (!isUuidAt(text, 18)) return false;
  draft.attribute(invocationId, text.slice(18, 54));
  readMetrics(text.slice(54), draft);
  draft.message(text);
  const status = draft.attributes['aws.lambda.status'];
  // Since 2024 no other line reports a time-out. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
  if (status === 'timeout' || status === 'error') draft.inferError();
  return true;
}

/** `RequestId: id Error: Runtime exited with error: exit status 1`. */
function readRuntimeError(text: string, draft: Draft): boolean {
  if (!isUuidAt(text, 11) || !text.startsWith(' Error: ', 47)) return false;
  draft.attribute(invocationId, text.slice(11, 47));
  draft.level(severity.error, 'Error');
  draft.message(text.slice(55));
  return true;
}

const mostMetrics = 32;

/** `Name: value` between tabs; a value's unit goes to the name. */
function readMetrics(text: string, draft: Draft): void {
  for (const part of text.split(/[\t\n]/, mostMetrics)) {
    const colon = part.indexOf(': ');
    if (colon < 0) continue;
    const name = part.slice(0, colon).trim();
    const value = part.slice(colon + 2).trim();
    if (name === 'XRAY TraceId') {
      if (!draft.trace(value)) draft.attribute('aws.xray.trace_id', value);
    } else if (name === 'SegmentId') {
      if (!draft.span(value)) draft.attribute('aws.xray.segment_id', value);
    } else {
      const unit = value.endsWith(' ms') ? '_ms' : value.endsWith(' MB') ? '_mb' : '';
      const key = name.toLowerCase().replaceAll(' ', '_');
      draft.attribute(`aws.lambda.${key}${unit}`, unit === '' ? value : value.slice(0, -3));
    }
  }
}
