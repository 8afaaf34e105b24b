import { describeRealCloud } from '@tailrace/ingestion/conformance/real-cloud.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { gcpLogging } from './gcp-logging.ts';

/**
 * Reads a log of a real Google Cloud project; nothing is written to it. The environment must have
 * - `GCP_TEST_CREDENTIALS_JSON`: the text of the key file of a service account with the role Logs Viewer,
 * - `GCP_TEST_PROJECT_ID`, `GCP_TEST_LOG_NAME`: the project, and a log in it such as `stdout`.
 */
describeRealCloud({
  name: 'Google Cloud Logging',
  connector: connector(gcpLogging),
  variables: {
    credentials_json: 'GCP_TEST_CREDENTIALS_JSON',
    project_id: 'GCP_TEST_PROJECT_ID',
    log_name: 'GCP_TEST_LOG_NAME',
  },
  wrong: [
    { change: { filter: 'severity >= >= INFO' }, failure: 'invalid_config' },
    { change: { project_id: 'tailrace-no-such-project' }, failure: ['not_found', 'permission_denied'] },
  ],
});
