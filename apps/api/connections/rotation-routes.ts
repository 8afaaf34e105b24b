import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { principalOf } from '@tailrace/http/authentication.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import { z } from 'zod';
import type { ProjectTable } from '../project-table.ts';
import type { TableWriter } from '../table-writer.ts';
import { rotateCredentials } from './rotate-credentials.ts';

interface RotationRouteDeps {
  readonly connections: ProjectTable<Connection>;
  readonly writer: TableWriter<Connection>;
  readonly keys: KeyRing;
}

const result = z.object({
  resealed: z.int().describe('Sealed anew with the newest key.'),
  unchanged: z.int().describe('Sealed with the newest key already, or without credentials.'),
  failed: z.array(z.object({ connection_id: z.string(), code: z.string(), message: z.string() })),
});

/** Rotation of the key that seals credentials. Every api process also does it for all connections when it starts. */
export function rotationRoutes(scope: HttpServer, { connections, writer, keys }: RotationRouteDeps): void {
  scope.post(
    '/credentials/rotate',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['connections'],
        summary:
          'Seal the credentials of your projects’ connections anew with the newest key of CREDENTIAL_ENCRYPTION_KEY.',
        response: { 200: result },
      },
    },
    async (request) => {
      const own = principalOf(request).projects.flatMap((project) => connections.ofProject(project));
      const { resealed, unchanged, failed } = await rotateCredentials(own, writer, keys);
      return { resealed, unchanged, failed: [...failed] };
    },
  );
}
