import type { Draft } from '../../draft.ts';

/** Attributes of `GET https://host/path?query HTTP/1.1`, by OpenTelemetry's semantic conventions for HTTP. */
export function requestAttributes(request: string, draft: Draft): void {
  const methodEnd = request.indexOf(' ');
  const protocolAt = request.lastIndexOf(' ');
  if (methodEnd <= 0 || protocolAt <= methodEnd) {
    if (request !== '' && request !== '-') draft.attribute('http.request.line', request);
    return;
  }
  const target = request.slice(methodEnd + 1, protocolAt);
  const protocol = request.slice(protocolAt + 1);
  draft.attribute('http.request.method', request.slice(0, methodEnd));
  targetAttributes(target, draft);
  if (protocol.startsWith('HTTP/')) draft.attribute('network.protocol.version', protocol.slice(5));
}

/** A path with its query, or a whole URL. */
function targetAttributes(target: string, draft: Draft): void {
  if (target.startsWith('http://') || target.startsWith('https://')) {
    draft.attribute('url.full', target);
    return;
  }
  const query = target.indexOf('?');
  draft.attribute('url.path', query < 0 ? target : target.slice(0, query));
  if (query >= 0) draft.attribute('url.query', target.slice(query + 1));
}

/** The attribute, unless the log has a dash for "none". */
export function present(draft: Draft, key: string, value: string | undefined): void {
  if (value !== undefined && value !== '' && value !== '-') draft.attribute(key, value);
}
