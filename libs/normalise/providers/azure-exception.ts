import type { Draft } from '../draft.ts';
import { storable } from '../storable.ts';

/** `[{"parsedStack":[…],"rawStack":"…","type":"…","message":"…"}]` of AppExceptions. */
export function readExceptionDetails(details: string, draft: Draft): void {
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
