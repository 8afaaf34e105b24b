import { severityOfWord } from '@tailrace/log-record/severity.ts';
import { isLetter } from '../../characters.ts';
import type { TextParser } from '../text-parser.ts';

const headPattern =
  / \[(?:([\w-]{1,60}):)?(emerg|alert|crit|error|warn|notice|info|debug|trace)([1-8])?\] (?:\[pid ([0-9]{1,10})(?::tid ([0-9]{1,20}))?\] )?(?:\[client ([^\]\s]{1,100})\] )?/y;
const referrerPattern = /^(.*), referer: (\S{1,4096})$/s;

/**
 * `[Mon Nov 30 11:22:33.123456 2026] [proxy:error] [pid 812:tid 140] [client 10.0.0.7:5123] AH01114: message` of Apache
 * 2.4, and 2.2's form without module and process.
 * @see https://httpd.apache.org/docs/2.4/logs.html#errorlog
 */
export const apacheError: TextParser = {
  name: 'apache-error',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || !bracketed || !isLetter(text.charCodeAt(1))) return false;
    headPattern.lastIndex = at;
    const found = headPattern.exec(text);
    if (found === null) return false;
    const [, module, level = '', step = '', process, thread, client] = found;
    draft.time(time);
    draft.level(severityOfWord(level), level + step);
    draft.attributeIfAny('apache.module', module);
    draft.attributeIfAny('process.pid', process);
    draft.attributeIfAny('thread.id', thread);
    if (client !== undefined) {
      const port = /:([0-9]{1,5})$/.exec(client);
      draft.attribute('client.address', port === null ? client : client.slice(0, port.index));
      draft.attributeIfAny('client.port', port?.[1]);
    }
    const message = text.slice(headPattern.lastIndex);
    const referrer = message.length < 20_000 && message.includes(', referer: ') ? referrerPattern.exec(message) : null;
    draft.attributeIfAny('http.request.header.referer', referrer?.[2]);
    draft.message(referrer?.[1] ?? message);
    return true;
  },
};
