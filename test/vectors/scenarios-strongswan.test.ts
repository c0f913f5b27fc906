/** Scenarios of strongSwan’s integration tests, whose outcome is recorded: read by our readers and replayed by the simulator. */
import { describeScenarios } from '../support/replay/scenarios.js';
import { readScenarios, replayStrongswan } from '../support/replay/strongswan.js';

describeScenarios({ product: 'strongswan', read: readScenarios, replay: replayStrongswan });
