import { principalOf } from '@tailrace/http/access/authentication.ts';
import { askerOf } from '@tailrace/http/access/caller.ts';
import { Problem, problemSchema } from '@tailrace/http/problem.ts';
import type { HttpServer } from '@tailrace/http/server.ts';
import type { NotificationChannel } from '@tailrace/schemas/generated/notification-channel.ts';
import { z } from 'zod';
import type { AlertStore } from '../alerts/alert-store.ts';
import type { ProjectTable } from '../resources/project-table.ts';
import type { NotificationEntry, NotificationLog } from './notification-log.ts';
import { notificationView, toNotificationView } from './notification-view.ts';

export interface NotificationRouteDeps {
  readonly notifications: NotificationLog;
  readonly channels: ProjectTable<NotificationChannel>;
  /** Knows alerts that nobody was to be notified of. */
  readonly alerts: AlertStore;
  /** See NOTIFICATION_DEADLINE_MS. */
  readonly deadlineMs: number;
  readonly timeoutMs: number;
}

const tags = ['notifications'];
/** Each reads a partition of the delivery log, and sends somebody something. */
const resendsAMinute = 60;

/** The delivery log of an alert, and sending again. */
export function notificationRoutes(scope: HttpServer, deps: NotificationRouteDeps): void {
  const { notifications, channels, alerts, deadlineMs, timeoutMs } = deps;
  const view = (entry: NotificationEntry) => toNotificationView(entry, channels.table.get(entry.channel_id));

  scope.get(
    '/alerts/:id/notifications',
    {
      schema: {
        tags,
        summary: 'What was sent about an alert, where, and how that went.',
        params: z.object({ id: z.string().max(200).describe('alert_…') }),
        response: {
          200: z.object({ notifications: z.array(notificationView) }),
          404: problemSchema,
          503: problemSchema,
        },
      },
    },
    async (request, reply) => {
      const { projects } = principalOf(request);
      const { id } = request.params;
      const entries = notifications.ofAlert(id);
      if (entries.length === 0) {
        await alerts.find(knownAlertId(id), projects, askerOf(request, reply, projects[0] ?? ''));
      }
      if (entries.some((each) => !projects.includes(each.project_id))) throw new Problem(404);
      return { notifications: entries.map(view) };
    },
  );

  scope.post(
    '/notifications/:id/resend',
    {
      config: { role: 'editor', rateLimit: { max: resendsAMinute, timeWindow: 60_000 } },
      schema: {
        tags,
        summary: 'Send a notification again that was sent or has failed.',
        params: z.object({ id: z.string().max(200).describe('ntf_…') }),
        response: { 202: notificationView, 404: problemSchema, 409: problemSchema, 503: problemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const entry = notifications.get(id);
      if (entry === undefined || !principalOf(request).projects.includes(entry.project_id)) throw new Problem(404);
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        return await reply.code(202).send(view(await notifications.resend(id, deadlineMs, signal)));
      } catch (error) {
        if (!signal.aborted) throw error;
        const detail = 'Kafka did not take it in time; it may still be sent. Look again before you repeat it.';
        throw new Problem(503, { detail, retryAfterSeconds: 2, cause: error });
      }
    },
  );
}

/** @throws Problem 404 for what cannot be the id of an alert. */
function knownAlertId(id: string): string {
  if (!/^alert_[0-9a-f]{24}$/.test(id)) throw new Problem(404);
  return id;
}
