import { isoOfEpoch } from '../../time/epoch.ts';
import type { TextParser } from '../text-parser.ts';
import { present } from './http-request.ts';

const pattern =
  /^([0-9]{10}\.[0-9]{3}) {1,12}([0-9]{1,10}) (\S{1,100}) ([A-Z_]{3,60})\/([0-9]{3}) ([0-9]{1,20}) ([A-Z]{1,20}) (\S{1,16384}) (\S{1,200}) ([A-Z_]{3,60})\/(\S{1,200})(?: (\S{1,200}))?/;

/**
 * `1796037753.123    345 10.0.0.7 TCP_MISS/200 5120 GET http://example.com/ ann HIER_DIRECT/203.0.113.9 text/html`, Squid's
 * native log.
 * @see https://wiki.squid-cache.org/Features/LogFormat
 */
export const squid: TextParser = {
  name: 'squid',
  read({ text }, draft) {
    const found = text.charCodeAt(10) === 0x2e ? pattern.exec(text) : null;
    if (found === null) return false;
    const [, time = '', elapsed = '', client = '', result = '', status = '', size, method, url, user] = found;
    draft.time(isoOfEpoch(time) ?? time);
    draft.attribute('squid.elapsed_ms', elapsed);
    draft.attribute('client.address', client);
    draft.attribute('squid.result', result);
    if (status !== '000') draft.attribute('http.response.status_code', status);
    present(draft, 'http.response.size', size);
    present(draft, 'http.request.method', method);
    present(draft, 'url.full', url);
    present(draft, 'user.name', user);
    present(draft, 'squid.hierarchy', found[10]);
    present(draft, 'upstream.address', found[11]);
    present(draft, 'http.response.header.content-type', found[12]);
    draft.message(text);
    return true;
  },
};
