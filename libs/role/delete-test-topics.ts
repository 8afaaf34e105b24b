import { topics } from '@tailrace/topics/topics.ts';
import { openTestKafka } from './open-test-kafka.ts';

/** Deletes what a test's processes created under its prefix, since the broker of tests may be one that stays. */
export async function deleteTestTopics(topicPrefix: string): Promise<void> {
  const kafka = await openTestKafka(topicPrefix);
  await kafka.admin.deleteTopics(Object.values(topics).map((topic) => topic.name)).finally(() => kafka.close());
}
