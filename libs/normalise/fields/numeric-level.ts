import {
  severity,
  severityOfDotnet,
  severityOfGcp,
  severityOfJavaUtilLogging,
  severityOfLogback,
  severityOfMonolog,
  severityOfPinoLevel,
  severityOfPythonLevel,
  severityOfSyslog,
} from '@tailrace/log-record/severity.ts';
import type { Draft } from '../draft.ts';

/** Below the ranks of levels that are words. */
const rank = 6;

/**
 * Gives a level that was a number its meaning, once all fields are known. The same number means different things to
 * different libraries (400 is ERROR to Monolog, WARNING to Google and FINER to java.util.logging), so the fields beside
 * it decide; where they do not, and several scales have the number, the level stays unset and the number an attribute.
 */
export function settleNumericLevel(draft: Draft): void {
  const { numericLevel } = draft;
  if (numericLevel === undefined) return;
  draft.numericLevel = undefined;
  const { value, text, path } = numericLevel;
  const number = draft.hasOwnLevel ? 0 : severityOf(value, path, draft);
  if (number === 0) draft.attribute(path, text);
  else draft.level(number, text, path, rank);
}

function severityOf(value: number, path: string, { attributes, shape }: Draft): number {
  if (shape === 'gelf' || isSyslog(attributes)) return severityOfSyslog(value);
  // "As a number it may be anybody's": only Google's own fields beside it say whose a bare `severity` is.
  if (attributes['logging.googleapis.com/labels'] !== undefined || isGoogle(attributes))
    return severityOfGcp(String(value));
  if (path === 'severity') return severity.unset;
  if (attributes.channel !== undefined && severityOfMonolog(value) !== 0) return severityOfMonolog(value);
  if (attributes.EventId !== undefined || attributes['EventId.Id'] !== undefined) return severityOfDotnet(value);
  if (isJavaUtilLogging(attributes)) return severityOfJavaUtilLogging(value);
  if (isPython(attributes)) return severityOfPythonLevel(value);
  if (value >= 10 && value < 70) return severityOfPinoLevel(value);
  if (value >= 5000) return severityOfLogback(value);
  // Numbers of one scale only, and those on which Monolog and Google agree.
  if (value === 100 || value === 200 || value === 250 || value === 550) return severityOfMonolog(value);
  return value === 900 || value === 1000 ? severityOfJavaUtilLogging(value) : severity.unset;
}

type Attributes = Readonly<Record<string, string>>;

function isSyslog(attributes: Attributes): boolean {
  return (
    attributes.facility !== undefined ||
    attributes.SYSLOG_IDENTIFIER !== undefined ||
    attributes.syslog_facility !== undefined
  );
}

function isGoogle(attributes: Attributes): boolean {
  return (
    attributes['logging.googleapis.com/insertId'] !== undefined ||
    attributes['logging.googleapis.com/sourceLocation.file'] !== undefined ||
    attributes['logging.googleapis.com/trace_sampled'] !== undefined
  );
}

function isJavaUtilLogging(attributes: Attributes): boolean {
  return (
    attributes.sourceClassName !== undefined ||
    attributes.sourceMethodName !== undefined ||
    (attributes.millis !== undefined && attributes.sequence !== undefined)
  );
}

function isPython(attributes: Attributes): boolean {
  return attributes.lineno !== undefined || attributes.funcName !== undefined || attributes.levelno !== undefined;
}
