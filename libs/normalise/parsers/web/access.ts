import { digitsAt } from '../../characters.ts';
import type { Draft } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { tokensOf } from '../tokens.ts';
import { present, requestAttributes } from './http-request.ts';

const longestHead = 512;
const mostWho = 16;
const mostTokens = 24;

/**
 * `client ident user [31/Jan/2024:10:20:30 +0000] "GET / HTTP/1.1" 200 2326`, the common log format of Apache and nginx,
 * and the combined one with `"referer" "user agent"` behind; with a virtual host or a list of forwarded addresses before
 * it, and what ingress-nginx and Traefik put after it.
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
    const who = text.slice(0, timeAtBracket).split(' ', mostWho);
    if (who.length < 3) return false;
    const [request = '', status = '', size, referrer, userAgent, ...rest] = tokensOf(text, time.end + 2, mostTokens);
    if (status.length !== 3 || digitsAt(status, 0, 3) < 0) return false;

    draft.time(time.iso);
    readWho(who, draft);
    requestAttributes(request, draft);
    draft.attribute('http.response.status_code', status);
    present(draft, 'http.response.body.size', size);
    // What stands alone behind the size is no referrer: API Gateway puts the request's id there.
    present(draft, userAgent === undefined ? 'http.request.id' : 'http.request.header.referer', referrer);
    present(draft, 'user_agent.original', userAgent);
    readRest(rest, draft);
    draft.message(text);
    return true;
  },
};

/** `[host[:port]] address[, address…] ident user`: the first address is the client's, those behind it are proxies'. */
function readWho(who: readonly string[], draft: Draft): void {
  const parts = [...who];
  const user = parts.pop() as string;
  const ident = parts.pop() as string;
  present(draft, 'user.name', user);
  present(draft, 'apache.ident', ident);
  // A list of addresses has commas; what stands before the only address or the list is the virtual host.
  const listFrom = parts.findIndex((part) => part.endsWith(','));
  const addressAt = listFrom < 0 ? parts.length - 1 : listFrom;
  const addresses = parts.slice(addressAt).join(' ');
  present(draft, 'client.address', (parts[addressAt] as string).replace(/,$/, ''));
  if (listFrom >= 0) draft.attribute('http.request.header.x-forwarded-for', addresses);
  const host = parts.slice(0, addressAt).join(' ');
  const port = /:([0-9]{1,5})$/.exec(host);
  present(draft, 'server.address', port === null ? host : host.slice(0, port.index));
  present(draft, 'server.port', port?.[1]);
}

/**
 * What ingress controllers add behind the user agent.
 * @see https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
 * @see https://doc.traefik.io/traefik/observability/access-logs/#format
 */
function readRest(rest: readonly string[], draft: Draft): void {
  const [first = '', second = '', third = ''] = rest;
  if (third.startsWith('[') && third.endsWith(']')) readIngressNginx(rest, draft);
  else if (/^[0-9]+$/.test(first) && (rest[3] ?? '').endsWith('ms')) {
    draft.attribute('traefik.request_count', first);
    present(draft, 'http.route', second);
    present(draft, 'upstream.address', third);
    draft.attribute('traefik.duration_ms', (rest[3] as string).slice(0, -2));
  } else if (/^[0-9a-fA-F.:]{3,45}(?:, [0-9a-fA-F.:]{3,45}){0,8}$/.test(first)) {
    draft.attribute('http.request.header.x-forwarded-for', first);
  }
}

/** A retried request has a list for each upstream's address, size, time and status. */
function readIngressNginx(rest: readonly string[], draft: Draft): void {
  const [size, time, upstream = '', alternative = '', ...behind] = rest;
  const id = behind.pop();
  const each = Math.ceil(behind.length / 4);
  const column = (index: number) => behind.slice(index * each, (index + 1) * each).join(' ');
  present(draft, 'http.request.size', size);
  present(draft, 'nginx.request_time_s', time);
  present(draft, 'k8s.ingress.upstream', upstream.slice(1, -1));
  present(draft, 'k8s.ingress.alternative_upstream', alternative.slice(1, -1));
  present(draft, 'upstream.address', column(0));
  present(draft, 'upstream.response.size', column(1));
  present(draft, 'upstream.response_time_s', column(2));
  present(draft, 'upstream.status', column(3));
  present(draft, 'http.request.id', id);
}
