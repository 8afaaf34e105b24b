import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { isSealedWithNewest, resealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { Connection } from '@tailrace/schemas/generated/connection.ts';
import type { TableWriter } from '../table-writer.ts';

export interface RotationResult {
  readonly resealed: number;
  readonly unchanged: number;
  readonly failed: readonly { readonly connection_id: string; readonly code: string; readonly message: string }[];
}

/**
 * Seals the credentials of connections anew with the newest key, so that older keys can be taken out of
 * CREDENTIAL_ENCRYPTION_KEY. The version stays: nothing that an author of a change has seen is different.
 */
export async function rotateCredentials(
  connections: Iterable<Connection>,
  writer: TableWriter<Connection>,
  keys: KeyRing,
  signal?: AbortSignal,
): Promise<RotationResult> {
  let resealed = 0;
  let unchanged = 0;
  const failed: RotationResult['failed'][number][] = [];
  for (const connection of connections) {
    if (signal?.aborted) break;
    const { id } = connection;
    try {
      if (!needsReseal(connection, keys)) {
        unchanged++;
        continue;
      }
      let changed = false;
      await writer.change(id, async (current) => {
        const next = current && (await reseal(current, keys));
        changed = next !== current;
        return next;
      });
      if (changed) resealed++;
      else unchanged++;
    } catch (error) {
      const code = error instanceof TailraceError ? error.code : 'internal';
      failed.push({ connection_id: id, code, message: messageOf(error) });
    }
  }
  return { resealed, unchanged, failed };
}

async function reseal(connection: Connection, keys: KeyRing): Promise<Connection> {
  const sealed = connection.sealed_credentials;
  if (sealed === null || !needsReseal(connection, keys)) return connection;
  return { ...connection, sealed_credentials: await resealCredentials(keys, connection.id, sealed) };
}

function needsReseal({ sealed_credentials: sealed }: Connection, keys: KeyRing): boolean {
  return sealed !== null && !isSealedWithNewest(keys, sealed);
}
