import { settings as alertingSettings } from '@tailrace/alerting/config.ts';
import { start as startAlerting } from '@tailrace/alerting/start.ts';
import { settings as apiSettings } from '@tailrace/api/config.ts';
import { start as startApi } from '@tailrace/api/start.ts';
import { settings as fanoutSettings } from '@tailrace/fanout/config.ts';
import { start as startFanout } from '@tailrace/fanout/start.ts';
import { settings as ingestSettings } from '@tailrace/ingest/config.ts';
import { start as startIngest } from '@tailrace/ingest/start.ts';
import { settings as normaliserSettings } from '@tailrace/normaliser/config.ts';
import { start as startNormaliser } from '@tailrace/normaliser/start.ts';
import { settings as notifierSettings } from '@tailrace/notifier/config.ts';
import { start as startNotifier } from '@tailrace/notifier/start.ts';
import { settings as replayerSettings } from '@tailrace/replayer/config.ts';
import { start as startReplayer } from '@tailrace/replayer/start.ts';
import { role } from '@tailrace/role/role-definition.ts';
import { settings as sinkSettings } from '@tailrace/sink/config.ts';
import { start as startSink } from '@tailrace/sink/start.ts';

/** Every role, to be run in one process. Their own `main.ts` run them one by one. */
export const allRoles = [
  role('api', apiSettings, startApi),
  role('ingest', ingestSettings, startIngest),
  role('normaliser', normaliserSettings, startNormaliser),
  role('sink', sinkSettings, startSink),
  role('alerting', alertingSettings, startAlerting),
  role('replayer', replayerSettings, startReplayer),
  role('fanout', fanoutSettings, startFanout),
  role('notifier', notifierSettings, startNotifier),
];
