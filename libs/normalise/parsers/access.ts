import { digitsAt, endOfToken } from '../characters.ts';
import { timeAt } from '../time/time-at.ts';
import { present, requestAttributes } from './http-request.ts';
import type { TextParser } from './text-parser.ts';
import { tokensOf } from './tokens.ts';

const longestHead = 512;

/**
 * `client ident user [31/Jan/2024:10:20:30 +0000] "GET / HTTP/1.1" 200 2326`, the common log format of Apache and nginx,
 * and the combined one with `"referer" "user agent"` behind; what servers add after those stays in the body only.
 * @see https://httpd.apache.org/docs/current/logs.html#accesslog
 */
export const access: TextParser = {
  name: 'access',
  read({ text, time: leading }, draft) {
    if (leading !== '') return false;
    const timeAtBracket = text.slice(0, longestHead).indexOf(' [');
    if (timeAtBracket < 0) return false;
    const time = timeAt(text, timeAtBracket + 2, draft.timestamp);
    if (time === undefined || !text.startsWith('] "', time.end)) return false;
    const clientEnd = endOfToken(text, 0);
    const identEnd = endOfToken(text, clientEnd + 1);
    if (identEnd >= timeAtBracket) return false;
    const [request = '', status = '', size, referrer, userAgent] = tokensOf(text, time.end + 2, 5);
    if (status.length !== 3 || digitsAt(status, 0, 3) < 0) return false;

    draft.time(time.iso);
    present(draft, 'client.address', text.slice(0, clientEnd));
    present(draft, 'user.name', text.slice(identEnd + 1, timeAtBracket));
    requestAttributes(request, draft);
    draft.attribute('http.response.status_code', status);
    present(draft, 'http.response.body.size', size);
    present(draft, 'http.request.header.referer', referrer);
    present(draft, 'user_agent.original', userAgent);
    draft.message(text);
    return true;
  },
};
