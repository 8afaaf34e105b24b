import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { principalOf } from '@tailrace/http/access/authentication.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { z } from 'zod';
import type { ProjectTable } from '../resources/project-table.ts';
import type { TableWriter } from '../resources/table-writer.ts';
import { rotateCredentials } from './rotate-credentials.ts';

interface RotationRouteDeps {
  readonly connections: ProjectTable<Connection>;
  readonly writer: TableWriter<Connection>;
  readonly channels: ProjectTable<NotificationChannel>;
  readonly channelWriter: TableWriter<NotificationChannel>;
  readonly keys: KeyRing;
}

const result = z.object({
  resealed: z.int().describe('Sealed again, with the newest key.'),
  unchanged: z.int().describe('Sealed with the newest key already, or without credentials.'),
  failed: z.array(
    z.object({
      connection_id: z.string().describe('conn_…, or chan_… of a channel.'),
      code: z.string(),
      message: z.string(),
    }),
  ),
});

/** Rotation of the key that seals credentials. Every api process also does it for all connections and channels when it starts. */
export function rotationRoutes(scope: HttpServer, deps: RotationRouteDeps): void {
  const { connections, writer, channels, channelWriter, keys } = deps;
  scope.post(
    '/credentials/rotate',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['connections'],
        summary:
          'Seal the credentials of your projects’ connections and channels again, with the newest key of CREDENTIAL_ENCRYPTION_KEY.',
        response: { 200: result },
      },
    },
    async (request) => {
      const { projects } = principalOf(request);
      const results = [
        await rotateCredentials(projects.flatMap(connections.ofProject), writer, keys),
        await rotateCredentials(projects.flatMap(channels.ofProject), channelWriter, keys),
      ];
      return {
        resealed: results.reduce((sum, each) => sum + each.resealed, 0),
        unchanged: results.reduce((sum, each) => sum + each.unchanged, 0),
        failed: results.flatMap(({ failed }) => failed.map(({ id, ...rest }) => ({ connection_id: id, ...rest }))),
      };
    },
  );
}
