import { ScriptedCloud, scriptedFeatures } from './conformance/scripted-cloud.ts';
import { connectorConformance } from './conformance.ts';

connectorConformance('scripted, by event time', scriptedFeatures, async () => new ScriptedCloud({ axis: 'event' }));
connectorConformance(
  'scripted, small ranges',
  scriptedFeatures,
  async () => new ScriptedCloud({ axis: 'event', maxRange: 28 }),
);
