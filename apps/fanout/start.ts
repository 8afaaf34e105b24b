import { toAlertView } from '@tailrace/alert-rules/alert-view.ts';
import { messageOf } from '@tailrace/errors/tailrace-error.ts';
import { createSessionVerifier } from '@tailrace/http/access/sessions.ts';
import { createTicketVerifier } from '@tailrace/http/access/tickets.ts';
import { createTokenVerifier } from '@tailrace/http/access/tokens.ts';
import { refusedWork } from '@tailrace/http/limits/refused-work.ts';
import { findReadMarks } from '@tailrace/postgres/alerts/alert-search.ts';
import { watchDatabase } from '@tailrace/postgres/connection/database-health.ts';
import { openPool } from '@tailrace/postgres/connection/pool.ts';
import { boundedQueries } from '@tailrace/postgres/connection/queryable.ts';
import type { HttpRoleDeps, RunningRole } from '@tailrace/role/role.ts';
import { consumerLag } from '@tailrace/stream/reading/consumer-lag.ts';
import { followTopic } from '@tailrace/stream/reading/follow-topic.ts';
import { openTable } from '@tailrace/stream/reading/table.ts';
import { topics } from '@tailrace/topics/topics.ts';
import type { FanoutConfig } from './config.ts';
import { LiveHub } from './live-hub.ts';
import { AlertNews } from './reading/alert-news.ts';
import { serveLive } from './serving/live-server.ts';
import { redeemTicket } from './serving/redeem-ticket.ts';
import { statusFrame } from './serving/status-frame.ts';
import { Viewer } from './viewers/viewer.ts';
import { viewerQueues } from './viewers/viewer-queues.ts';

/** The role that shows live lines to WebSocket viewers. Every process of it reads all of `logs`, from its own end on. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the parts of the role in the order in which they open; each needs those before it.
export async function start(config: FanoutConfig, deps: HttpRoleDeps): Promise<RunningRole> {
  const { kafka, metrics, http } = deps;
  const logger = deps.logger.child({ role: 'fanout' });
  const viewers = metrics.gauge({ name: 'tailrace_viewers', help: 'WebSocket viewers connected now.' });
  const gaps = metrics.counter({
    name: 'tailrace_viewer_gaps_total',
    help: 'Gaps sent to viewers.',
    labels: ['reason'] as const,
  });
  const read = metrics.counter({ name: 'tailrace_fanout_records_total', help: 'Records read from the live end.' });

  const refused = refusedWork(metrics);

  const { id, partitions } = await kafka.admin.describeTopic(topics.logs.name);
  const hub = await LiveHub.open({ kafka, log: { id, partitions }, logger, onRead: (records) => read.inc(records) });
  const stopped = new AbortController();
  const lag = consumerLag(metrics, kafka, 'fanout');
  for (let partition = 0; partition < partitions; partition += 1) {
    lag.follow({ topic: topics.logs.name, partition }, () => hub.position[partition] ?? 0, stopped.signal);
  }
  const pool = openPool({
    url: config.databaseUrl.reveal(),
    applicationName: 'tailrace-fanout',
    max: 2,
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  });
  const queues = viewerQueues(config.fanoutMaxViewers, () => refused.inc({ work: 'fetches' }));
  const database = watchDatabase(pool);
  const queries = boundedQueries(pool, { statementTimeoutMs: 2000, answerTimeoutMs: 4000 });
  const verifyTicket = createTicketVerifier(config);
  const live = serveLive({
    upgrades: http.upgrades,
    logger,
    allowedOrigins: config.fanoutAllowedOrigins,
    maxViewers: config.fanoutMaxViewers,
    maxViewersPerProject: config.fanoutViewersPerProject,
    maxViewersPerToken: config.fanoutViewersPerToken,
    onRefused: () => refused.inc({ work: 'viewers' }),
    verifyToken: createTokenVerifier(config),
    sessions: createSessionVerifier(config),
    redeemTicket: (ticket, projectId) => redeemTicket(queries, verifyTicket, ticket, projectId),
    openViewer: (caller, sendBuffer) => {
      const { project } = caller;
      const viewer = new Viewer({
        hub,
        kafka,
        sendBuffer,
        caller,
        queues,
        logger,
        onGap: (reason) => gaps.inc({ reason }),
      });
      for (const [, status] of statuses.entries()) if (status.project_id === project) viewer.tell(statusFrame(status));
      return viewer;
    },
    onViewers: (count) => viewers.set(count),
  });
  const statuses = openTable({
    kafka,
    logger,
    topic: topics.connectionStatus,
    // Also of what it was already: a viewer may have come before the table had been read.
    onChange: ({ value }) => {
      if (value) live.tell(value.project_id, statusFrame(value));
    },
  });
  const news = new AlertNews({
    lookUp: (ids) => findReadMarks(queries, ids),
    onUnknown: (err) => logger.warn({ err }, 'who has read alerts cannot be looked up: they are shown as unread'),
    isWatched: (project) => live.hasViewers(project),
    tell: (alert, read) =>
      live.tell(alert.project_id, { type: 'alert', event: alert.event, alert: toAlertView(alert, read) }),
  });
  const alerts = await followTopic({
    kafka,
    logger,
    topic: topics.alerts,
    onValue: (alert) => news.take(alert),
  });
  let stopping: Promise<void> | undefined;
  return {
    name: 'fanout',
    readiness: () => {
      const trouble = hub.trouble ?? alerts.trouble;
      if (trouble !== undefined) return { ready: false, reason: messageOf(trouble) };
      // Tickets are used up there, so nobody new gets in without it.
      return database.trouble === undefined ? { ready: true } : { ready: false, reason: database.trouble };
    },
    lacking: () => database.trouble,
    failed: hub.failed,
    stop: () => {
      stopping ??= (async () => {
        await live.close();
        database.close();
        stopped.abort();
        await Promise.all([statuses.close(), alerts.close(), hub.close(), pool.end()]);
      })();
      return stopping;
    },
  };
}
