import type { Draft } from '../../draft.ts';
import { timeAt } from '../../time/time-at.ts';
import type { TextParser } from '../text-parser.ts';
import { present, requestAttributes } from './http-request.ts';

const clientPattern = /([0-9a-fA-F.:]{2,45}):([0-9]{1,5}) \[/y;
/** `frontend backend/server timers`, then for HTTP the status. */
const httpPattern =
  /\] (\S{1,200}) ([^/\s]{1,200})\/(\S{1,200}) ((?:[+-]?[0-9]+\/){4}\+?-?[0-9]+) ([0-9]{3}|-1) \+?([0-9]{1,20}) (\S{1,200}) (\S{1,200}) (\S{4}) ([0-9]+\/[0-9]+\/[0-9]+\/[0-9]+\/\+?[0-9]+) ([0-9]+\/[0-9]+) (?:\{([^}]{0,2000})\} )?(?:\{([^}]{0,2000})\} )?"([^"]{0,16384})"/y;
const tcpPattern =
  /\] (\S{1,200}) ([^/\s]{1,200})\/(\S{1,200}) ((?:[+-]?[0-9]+\/){2}\+?-?[0-9]+) \+?([0-9]{1,20}) (\S{2}) ([0-9]+\/[0-9]+\/[0-9]+\/[0-9]+\/\+?[0-9]+) ([0-9]+\/[0-9]+)/y;

/**
 * `10.0.1.2:33317 [30/Nov/2026:11:22:33.655] frontend backend/server 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET /
 * HTTP/1.1"`, HAProxy's HTTP log, and its TCP log.
 * @see https://docs.haproxy.org/3.0/configuration.html#8.2
 */
export const haproxy: TextParser = {
  name: 'haproxy',
  read({ text }, draft) {
    clientPattern.lastIndex = 0;
    const client = clientPattern.exec(text);
    const time = client === null ? undefined : timeAt(text, clientPattern.lastIndex, draft.timestamp);
    if (client === null || time === undefined) return false;
    if (!readHttp(text, time.end, draft) && !readTcp(text, time.end, draft)) return false;
    draft.time(time.iso);
    draft.attribute('client.address', client[1] as string);
    draft.attribute('client.port', client[2] as string);
    draft.message(text);
    return true;
  },
};

function readHttp(text: string, at: number, draft: Draft): boolean {
  httpPattern.lastIndex = at;
  const found = httpPattern.exec(text);
  if (found === null) return false;
  const [, frontend, backend, server, timers, status, size, requestCookie, responseCookie, ending] = found;
  places(draft, frontend, backend, server, timers, ending);
  if (status !== '-1') present(draft, 'http.response.status_code', status);
  present(draft, 'http.response.size', size);
  present(draft, 'haproxy.captured_request_cookie', requestCookie);
  present(draft, 'haproxy.captured_response_cookie', responseCookie);
  present(draft, 'haproxy.connections', found[10]);
  present(draft, 'haproxy.queues', found[11]);
  present(draft, 'haproxy.captured_request_headers', found[12]);
  present(draft, 'haproxy.captured_response_headers', found[13]);
  requestAttributes(found[14] as string, draft);
  return true;
}

function readTcp(text: string, at: number, draft: Draft): boolean {
  tcpPattern.lastIndex = at;
  const found = tcpPattern.exec(text);
  if (found === null) return false;
  const [, frontend, backend, server, timers, size, ending, connections, queues] = found;
  places(draft, frontend, backend, server, timers, ending);
  present(draft, 'haproxy.bytes_read', size);
  present(draft, 'haproxy.connections', connections);
  present(draft, 'haproxy.queues', queues);
  return true;
}

function places(draft: Draft, frontend?: string, backend?: string, server?: string, timers?: string, ending?: string) {
  present(draft, 'haproxy.frontend', frontend);
  present(draft, 'haproxy.backend', backend);
  present(draft, 'haproxy.server', server);
  present(draft, 'haproxy.timers_ms', timers);
  present(draft, 'haproxy.termination_state', ending);
}
