import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The suites that take longest, by what they were measured to take on two cores (1 to 7 minutes). Begun last, each would
 * hold up the end of the run alone.
 */
const longest = [
  'apps/ingest/ingest.int.test.ts',
  'libs/kafka/cluster.int.test.ts',
  'libs/kafka/kafkajs/kafkajs.int.test.ts',
  'libs/kafka/platformatic/platformatic.int.test.ts',
  'apps/cli/cli.test.ts',
  'scripts/dev-stack/dev-stack.int.test.ts',
  'libs/connectors/gcp-logging/conformance.test.ts',
  'apps/api/outage.int.test.ts',
  'libs/ingestion/conformance-variants.test.ts',
  'libs/ingestion/conformance.test.ts',
  'libs/role/run.int.test.ts',
];

/** Begins the longest suites first; the others in Vitest's own order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = longest.findIndex((path) => moduleId.endsWith(path));
      return found < 0 ? longest.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
