import { digitsAt } from '../../characters.ts';
import type { TextParser } from '../text-parser.ts';
import { tokensOf } from '../tokens.ts';
import { present, requestAttributes } from './http-request.ts';

/** Envoy's default format, from the status on. */
const common = [
  'http.request.body.size',
  'http.response.body.size',
  'envoy.duration_ms',
  'envoy.upstream_service_time_ms',
  'http.request.header.x-forwarded-for',
  'user_agent.original',
  'http.request.header.x-request-id',
  'http.request.header.host',
  'upstream.address',
];
/** What Istio puts between the response flags and the sizes, and behind the upstream. */
const istioDetails = ['envoy.response_code_details', 'envoy.connection_termination_details', 'envoy.upstream_failure'];
const istioRoute = [
  'envoy.upstream_cluster',
  'envoy.upstream_local_address',
  'envoy.downstream_local_address',
  'client.address',
  'server.address',
  'http.route',
];

/**
 * `[time] "METHOD path HTTP/2" 503 UF 154 91 226 - "…" "user agent" "request id" "authority" "upstream"`: Envoy's default
 * access log, and Istio's.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#default-format-string
 * @see https://istio.io/latest/docs/tasks/observability/logs/access-log/#default-access-log-format
 */
export const envoy: TextParser = {
  name: 'envoy',
  read({ text, time, at, bracketed }, draft) {
    if (time === '' || !bracketed || text.charCodeAt(at) !== 0x20 || text.charCodeAt(at + 1) !== 0x22) return false;
    const [request = '', status = '', responseFlags, ...rest] = tokensOf(text, at + 1, 24);
    if (status.length > 3 || status.length === 0 || digitsAt(status, 0, status.length) < 0) return false;
    if (rest.length < common.length) return false;
    const isIstio = rest.length >= common.length + istioDetails.length;
    const names = isIstio ? [...istioDetails, ...common, ...istioRoute] : common;
    draft.time(time);
    requestAttributes(request, draft);
    draft.attribute('http.response.status_code', status);
    present(draft, 'envoy.response_flags', responseFlags);
    names.forEach((name, index) => {
      present(draft, name, rest[index]);
    });
    draft.message(text);
    return true;
  },
};
