import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/**
 * The headers that helmet would give every answer, by lower-case name. They depend on no request, so helmet is asked once:
 * its Fastify plugin composes them for each request, which costs more than the rest of a refusal.
 */
export function securityHeaders(): Readonly<OutgoingHttpHeaders> {
  const addHeaders = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  addHeaders(request, response, (error) => {
    if (error) throw error;
  });
  return response.getHeaders();
}
