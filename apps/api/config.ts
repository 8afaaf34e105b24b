import { integer, text } from '@tailrace/config/setting.ts';
import {
  credentialSettings,
  databaseSettings,
  endpointSettings,
  evaluationSettings,
  notificationSettings,
  requireTokenKeys,
  tokenSettings,
} from '@tailrace/config/shared-settings.ts';
import { type output, z } from 'zod';

export const settings = z
  .object({
    ...tokenSettings.shape,
    ...databaseSettings.shape,
    ...credentialSettings.shape,
    ...endpointSettings.shape,
    ...notificationSettings.shape,
    ...evaluationSettings.shape,
    apiDatabaseConnections: integer(
      'Database connections of one api process: one looks whether the database answers, the others search.',
      {
        min: 2,
        max: 500,
        unit: 'connections',
      },
    ).default(10),
    searchTimeoutMs: integer('How long a search of stored logs runs before it answers with what it has found.', {
      min: 500,
      max: 120_000,
      unit: 'ms',
    }).default(10_000),
    searchMaxRangeDays: integer('Longest time range of a search.', { min: 1, max: 3650, unit: 'days' }).default(92),
    connectionTestTimeoutMs: integer('How long a connection test waits for the cloud.', {
      min: 1000,
      max: 120_000,
      unit: 'ms',
    }).default(20_000),
    connectionChangeTimeoutMs: integer('How long Kafka may take to store a change of a connection.', {
      min: 1000,
      max: 60_000,
      unit: 'ms',
    }).default(10_000),
    webDirectory: text('Directory of the built web page. Default: the one included.').optional(),
    connectionsPerProject: integer('Connections a project may have, about: two created at once may both pass.', {
      min: 1,
      max: 10_000,
      unit: 'connections',
    }).default(500),
    rewindMaxDays: integer('How far back a connection may be rewound.', { min: 1, max: 3650, unit: 'days' }).default(
      30,
    ),
    sessionMaxDays: integer(
      "How long a browser's session that began with a token of JWT_SECRET is renewed while it is used, from sign-in on; 0: it ends with its token. A session never outlives an identity provider's token.",
      { min: 0, max: 365, unit: 'days' },
    ).default(7),
    alertRulesPerProject: integer('Alert rules a project may have, about: two created at once may both pass.', {
      min: 1,
      max: 10_000,
      unit: 'rules',
    }).default(1000),
    backtestTimeoutMs: integer('How long a backtest of an alert rule may take.', {
      min: 1000,
      max: 3_600_000,
      unit: 'ms',
    }).default(600_000),
    backtestsAtOnce: integer('Backtests that one api process runs at once, one of each project; more wait.', {
      min: 1,
      max: 100,
    }).default(8),
    channelsPerProject: integer('Notification channels a project may have, about.', { min: 1, max: 10_000 }).default(
      100,
    ),
  })
  .superRefine(requireTokenKeys);

export type ApiConfig = output<typeof settings>;
