import { ScriptedCloud, scriptedFeatures } from './conformance/scripted-cloud.ts';
import { connectorConformance } from './conformance.ts';

connectorConformance(
  'scripted, by ingestion time',
  scriptedFeatures,
  async () => new ScriptedCloud({ axis: 'ingestion' }),
);
connectorConformance(
  'scripted, with a tail',
  { ...scriptedFeatures, tail: true },
  async () => new ScriptedCloud({ axis: 'event', tail: true }),
);
