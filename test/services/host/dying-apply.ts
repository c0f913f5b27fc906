/**
 * Applies records as `ipsec apply` does, and is killed (SIGKILL) before a given step: dying-apply STATE_DIR RECORDS STEP.
 * Ends with 0 when there were fewer steps.
 */
import { openNetlinkBackend } from '../../../src/backends/xfrm/netlink-backend.js';
import { applyPlan } from '../../../src/services/apply.js';
import { openSession } from '../../../src/services/host-session.js';
import { planHost } from '../../../src/services/plan.js';

const [stateDir = '', records = '', step = ''] = process.argv.slice(2);
const backend = await openNetlinkBackend();
let steps = 0;

const session = await openSession({
  stateDir,
  lockMillis: 1000,
  backend: {
    ...backend,
    async execute(changes) {
      for (const [done, change] of changes.entries()) {
        if (steps === Number(step)) process.kill(process.pid, 'SIGKILL');
        steps += 1;
        const { failure } = await backend.execute([change]);
        if (failure) return { done, failure };
      }
      return { done: changes.length };
    },
  },
});
const planned = await planHost(session, { paths: [records] });
if (planned.kind !== 'planned') throw new Error('the records are faulty');
const outcome = await applyPlan(session, planned, '0');
if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
session.close();
