const { readdirSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Which folder may import which. One direction only:
 *   errors, config, telemetry, log-record -> avro, schemas -> topics, log-query -> kafka, postgres, credentials, alert-rules
 *   -> stream, ingestion, normalise, http, alert-evaluation -> connectors, channels, replays -> role -> apps
 */
const layers = [
  ['libs/errors', 'libs/config', 'libs/telemetry', 'libs/log-record'],
  ['libs/avro'],
  ['schemas'],
  ['libs/topics', 'libs/log-query'],
  ['libs/kafka', 'libs/postgres', 'libs/credentials', 'libs/alert-rules'],
  ['libs/stream', 'libs/ingestion', 'libs/normalise', 'libs/http', 'libs/alert-evaluation'],
  ['libs/connectors', 'libs/channels', 'libs/replays'],
  ['libs/role'],
];
for (const library of readdirSync(join(__dirname, '..', 'libs'))) {
  if (!layers.flat().includes(`libs/${library}`)) throw new Error(`libs/${library} has no layer in ${__filename}`);
}
const anyOf = (folders) => `^(${folders.join('|')})/`;

/** A layer imports only layers before it (and itself); apps import every library. */
const downwards = layers.map((folders, index) => ({
  name: `${folders.join('-and-')}-imports-only-lower-layers`,
  severity: 'error',
  from: { path: anyOf(folders), pathNot: '\\.test\\.ts$' },
  to: { path: anyOf([...layers.slice(index + 1).flat(), 'apps', 'scripts']) },
}));

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'apps-meet-in-topics',
      comment: 'An app never imports another app: they meet in Kafka topics.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^apps/([^/]+)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'connectors-stand-alone',
      severity: 'error',
      from: { path: '^libs/connectors/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^libs/connectors/([^/]+)/', pathNot: '^libs/connectors/$1/' },
    },
    {
      name: 'kafka-client-only-in-libs-kafka',
      severity: 'error',
      from: { pathNot: '^libs/kafka/' },
      to: { path: 'node_modules/(kafkajs|@platformatic/kafka)/' },
    },
    {
      name: 'cloud-sdk-only-in-its-own-connector',
      comment:
        'The simulator reads the protocol definitions a cloud publishes inside its SDK; it calls no SDK; its tests do. Mail by SES is the one other place.',
      severity: 'error',
      from: { pathNot: '^libs/connectors/|^libs/channels/email/ses/|\\.test\\.ts$' },
      to: { path: 'node_modules/(@aws-sdk|@azure|@google-cloud)/' },
    },
    {
      name: 'products-import-no-test-helpers',
      comment:
        'Helpers for tests are `test-*.ts`, `*.fixture.ts` and conformance suites: only tests, scripts and each other import them.',
      severity: 'error',
      from: { pathNot: '^scripts/|\\.test\\.ts$|(^|/)test-[^/]*\\.ts$|\\.fixture\\.ts$|/conformance(/|[^/]*\\.ts$)' },
      to: { path: '^(libs|apps)/.*((^|/)test-[^/]*\\.ts$|\\.fixture\\.ts$|/conformance(/|\\.ts$))' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '(^|/)(node_modules|golden|\\.tailrace|apps/web/dist)/(?!(kafkajs|@platformatic|@aws-sdk|@azure|@google-cloud))',
    },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
    tsPreCompilationDeps: true,
  },
};
