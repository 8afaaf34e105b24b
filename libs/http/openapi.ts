import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { sessionCookiePrefix } from './access/sessions.ts';
import type { HttpServer } from './server.ts';

/** Serves the OpenAPI 3.1 document of every route registered afterwards, and a page to read it. */
export async function documentRoutes(http: HttpServer): Promise<void> {
  await http.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: {
        title: 'Tailrace',
        description:
          'Live logs from AWS CloudWatch, Azure Monitor and Google Cloud Logging. Errors are RFC 9457 problem documents.',
        version: '1',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: `${sessionCookiePrefix}…`,
            description:
              'Set by POST session, for browsers; its name ends in eight characters that are the installation’s. Requests that change something must come from a page of this origin.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  // Made once and shared by all who ask: it is large, and needs no token.
  let document: Buffer | undefined;
  http.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    document ??= Buffer.from(JSON.stringify(http.swagger()));
    return reply.type('application/json; charset=utf-8').send(document);
  });
  await http.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
}
