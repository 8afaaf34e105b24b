import { severity } from '@tailrace/log-record/severity.ts';
import type { TextParser } from '../text-parser.ts';

/** The type of a message; O and R are what programs wrote to the output and to the error output, which says no level. */
const levels: Readonly<Record<string, number>> = {
  F: severity.fatal,
  E: severity.error,
  W: severity.warn,
  A: severity.notice,
  I: severity.info,
  C: severity.info,
  D: severity.debug,
  1: severity.debug,
  2: severity.debug,
  3: severity.trace,
  O: severity.unset,
  R: severity.unset,
};
const headPattern =
  / ([0-9a-f]{8}) (\S{1,250}) {1,40}([FEWAICDOR123]) {1,3}(?:(\S{1,60}) {1,10}(\S{1,60}) {1,10})?(?=[A-Z]{4,5}[0-9]{4}[A-Z]: )/y;
const plainHeadPattern = / ([0-9a-f]{8}) (\S{1,250}) {1,40}([FEWAICDOR123]) {1,3}/y;

/**
 * `[1/31/24, 10:20:30:123 CET] 0000001a WsServerImpl  A   WSVR0001I: message` of WebSphere Application Server and Liberty.
 * @see https://www.ibm.com/docs/en/was-nd/9.0.5?topic=output-log-trace
 */
export const websphere: TextParser = {
  name: 'websphere',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || !bracketed) return false;
    headPattern.lastIndex = at;
    plainHeadPattern.lastIndex = at;
    const found = headPattern.exec(text) ?? plainHeadPattern.exec(text);
    if (found === null) return false;
    const [whole, thread = '', component = '', type = '', className, method] = found;
    draft.time(time);
    const number = levels[type] as number;
    if (number !== severity.unset) draft.level(number, type);
    else draft.attribute('log.iostream', type === 'O' ? 'stdout' : 'stderr');
    draft.attribute('thread.id', thread);
    draft.attribute('log.logger', component);
    draft.attributeIfAny('code.namespace', className);
    draft.attributeIfAny('code.function.name', method);
    draft.message(text.slice(at + whole.length));
    return true;
  },
};
