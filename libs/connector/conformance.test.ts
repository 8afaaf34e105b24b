import { ScriptedCloud } from './conformance/scripted-cloud.ts';
import { connectorConformance } from './conformance.ts';

connectorConformance('scripted, by event time', async () => new ScriptedCloud({ axis: 'event' }));
connectorConformance('scripted, by ingestion time', async () => new ScriptedCloud({ axis: 'ingestion' }));
connectorConformance('scripted, with a tail', async () => new ScriptedCloud({ axis: 'event', tail: true }));
connectorConformance('scripted, small ranges', async () => new ScriptedCloud({ axis: 'event', maxRange: 28 }));
