import { upsertAlerts } from '@tailrace/postgres/alerts/alert-rows.ts';
import type { Alert } from '@tailrace/schemas/generated/alert.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { RowTable } from './row-table.ts';

/** Alerts, as the last event of each describes it. */
export const alertTable: RowTable<Alert> = { topics: [topics.alerts], upsert: upsertAlerts };
