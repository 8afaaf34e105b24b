import { describeRealCloud } from '@tailrace/ingestion/conformance/real-cloud.ts';
import { connector } from '@tailrace/ingestion/contract/configure.ts';
import { awsCloudWatch } from './aws-cloudwatch.ts';

/**
 * Reads a log group of a real AWS account; nothing is written to it. The environment must have
 * - `AWS_TEST_ACCESS_KEY_ID`, `AWS_TEST_SECRET_ACCESS_KEY`: a key that may call `logs:FilterLogEvents` on the group,
 * - `AWS_TEST_REGION`, `AWS_TEST_LOG_GROUP`: where the group is, and its name or ARN,
 * and may have
 * - `AWS_TEST_SESSION_TOKEN` when the key is a temporary one,
 * - `AWS_TEST_ROLE_ARN`, `AWS_TEST_EXTERNAL_ID`: a role to assume with the key.
 */
describeRealCloud({
  name: 'AWS CloudWatch Logs',
  connector: connector(awsCloudWatch),
  variables: {
    access_key_id: 'AWS_TEST_ACCESS_KEY_ID',
    secret_access_key: 'AWS_TEST_SECRET_ACCESS_KEY',
    region: 'AWS_TEST_REGION',
    log_group: 'AWS_TEST_LOG_GROUP',
  },
  optional: {
    session_token: 'AWS_TEST_SESSION_TOKEN',
    role_arn: 'AWS_TEST_ROLE_ARN',
    external_id: 'AWS_TEST_EXTERNAL_ID',
  },
  wrong: [
    { change: { secret_access_key: 'a-secret-that-belongs-to-nobody' }, failure: 'auth_refused' },
    { change: { log_group: '/tailrace/no/such/group' }, failure: ['not_found', 'permission_denied'] },
  ],
});
