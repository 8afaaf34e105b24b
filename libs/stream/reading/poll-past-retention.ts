import { OffsetOutOfRangeError } from '@tailrace/kafka/errors.ts';
import type { FetchedBatch, Reader, TopicPartitionOffset } from '@tailrace/kafka/kafka.ts';

/**
 * Polls; where retention has removed what stands at a position, moves the reader to what is left and returns nothing.
 *
 * @param onLost gets the position and the offset at which reading goes on.
 * @throws OffsetOutOfRangeError for a position beyond the log's end.
 */
export async function pollPastRetention(
  reader: Reader,
  signal: AbortSignal,
  onLost: (position: TopicPartitionOffset, goesOnAt: number) => void,
): Promise<FetchedBatch[]> {
  try {
    return await reader.poll(signal);
  } catch (error) {
    if (!(error instanceof OffsetOutOfRangeError) || error.position.offset >= error.earliest) throw error;
    onLost(error.position, error.earliest);
    reader.seek({ ...error.position, offset: error.earliest });
    return [];
  }
}
