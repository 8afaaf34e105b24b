import type { KeyRing } from '@tailrace/credentials/key-ring.ts';
import { isSealedWithNewest, resealCredentials } from '@tailrace/credentials/sealed-credentials.ts';
import { messageOf, TailraceError } from '@tailrace/errors/tailrace-error.ts';
import type { TableWriter } from '../resources/table-writer.ts';

/** What has secrets that are sealed for its id: a connection, a channel. */
interface Sealed {
  readonly id: string;
  readonly sealed_credentials: string | null;
}

export interface RotationResult {
  readonly resealed: number;
  readonly unchanged: number;
  readonly failed: readonly { readonly id: string; readonly code: string; readonly message: string }[];
}

/**
 * Seals the credentials of connections or channels again, with the newest key, so that older keys can be taken out of
 * CREDENTIAL_ENCRYPTION_KEY. The version stays: nothing that an author of a change has seen is different.
 */
export async function rotateCredentials<Value extends Sealed>(
  all: Iterable<Value>,
  writer: TableWriter<Value>,
  keys: KeyRing,
  signal?: AbortSignal,
): Promise<RotationResult> {
  let resealed = 0;
  let unchanged = 0;
  const failed: RotationResult['failed'][number][] = [];
  for (const each of all) {
    if (signal?.aborted) break;
    const { id } = each;
    try {
      if (!needsReseal(each, keys)) {
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
      failed.push({ id, code, message: messageOf(error) });
    }
  }
  return { resealed, unchanged, failed };
}

async function reseal<Value extends Sealed>(value: Value, keys: KeyRing): Promise<Value> {
  const { id, sealed_credentials: sealed } = value;
  if (sealed === null || !needsReseal(value, keys)) return value;
  return { ...value, sealed_credentials: await resealCredentials(keys, id, sealed) };
}

function needsReseal({ sealed_credentials: sealed }: Sealed, keys: KeyRing): boolean {
  return sealed !== null && !isSealedWithNewest(keys, sealed);
}
