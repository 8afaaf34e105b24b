import { flags } from '@tailrace/log-record/flags.ts';
import { severity } from '@tailrace/log-record/severity.ts';
import type { Draft } from '../draft.ts';
import { appFields } from '../fields/app-fields.ts';
import { settleNumericLevel } from '../fields/numeric-level.ts';
import { type JsonOutcome, readJsonObject } from './json-object.ts';
import { summaryOf } from './json-summary.ts';

/**
 * Reads a JSON object that an application logged. Where it has a message, that is the draft's; otherwise the caller
 * decides what stands in for it.
 *
 * @returns whether the text is such an object; if not the draft has at most a flag more.
 */
export function readJsonText(text: string, draft: Draft): boolean {
  const seen: { outcome: JsonOutcome } = { outcome: 'invalid' };
  const isRead = draft.attempt((inner) => {
    seen.outcome = readJsonObject(text, appFields, inner);
    if (seen.outcome === 'cut' && saysSomething(inner)) {
      // What came whole is worth having; the message may be what was cut, so all of it is.
      inner.flag(flags.jsonCut);
      if (inner.bodyPath === '') inner.message(text);
      else inner.replaceBody(text);
    } else if (seen.outcome !== 'read') return false;
    if (inner.shape !== '') finishShape(inner);
    settleNumericLevel(inner);
    return true;
  });
  if (seen.outcome === 'too_large') draft.flag(flags.jsonTooLarge);
  return isRead;
}

/** Whether a JSON text that breaks off said more than it could by chance. */
function saysSomething(draft: Draft): boolean {
  return draft.hasLevel || draft.hasTime || draft.numericLevel !== undefined;
}

/** What stands in for the message of an object that has none: its exception's, a summary, or all of it. */
export function defaultMessage(text: string, draft: Draft): void {
  if (draft.bodyPath !== '') return;
  const type = draft.attributes['exception.type'];
  const message = draft.attributes['exception.message'];
  if (message === undefined) draft.message(summaryOf(draft) ?? text);
  else draft.message(type === undefined ? message : `${type}: ${message}`);
}

/** Takes a message that a prefix stood before: it may be a JSON object itself. */
export function readMessage(text: string, draft: Draft): void {
  if (text.charCodeAt(0) === 0x7b && readJsonText(text, draft)) defaultMessage(text, draft);
  else draft.message(text);
}

/** What can only be said once all fields are known. */
function finishShape(draft: Draft): void {
  switch (draft.shape) {
    case 'clef':
      // "If the level is absent it is Information", says the format.
      if (!draft.hasLevel && draft.numericLevel === undefined) draft.level(severity.info, '');
      break;
    case 'cloudtrail':
      cloudTrailBody(draft);
      break;
    case 'lambda':
      lambdaBody(draft);
      break;
    default:
      break;
  }
}

/** Who did what where, from a CloudTrail record, which has no message of its own. */
function cloudTrailBody(draft: Draft): void {
  const { eventName, eventSource, errorCode, eventVersion } = draft.attributes;
  if (eventName === undefined || eventVersion === undefined) {
    draft.shape = '';
    return;
  }
  // The call's own failure, not an exception of the program that logged.
  const errorMessage = draft.take('exception.message');
  draft.attributeIfAny('errorMessage', errorMessage);
  const who = draft.attributes['userIdentity.arn'] ?? draft.attributes['userIdentity.invokedBy'];
  const failure =
    errorCode === undefined ? '' : `: ${errorCode}${errorMessage === undefined ? '' : ` ${errorMessage}`}`;
  draft.replaceBody(`${eventSource} ${eventName}${who === undefined ? '' : ` by ${who}`}${failure}`);
}

/** Lambda's platform events have a type, a request and mostly a status. */
function lambdaBody(draft: Draft): void {
  const { type = '' } = draft.attributes;
  const requestId = draft.take('record.requestId');
  const status = draft.attributes['record.status'];
  draft.attributeIfAny('faas.invocation_id', requestId);
  if (status === 'timeout' || status === 'error' || status === 'failure') draft.inferError();
  draft.message([type, requestId, status].filter((part) => part !== undefined).join(' '));
}
