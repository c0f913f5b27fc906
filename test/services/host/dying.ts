/**
 * Does what `ipsec apply`, `apply --resume` or `rollback` does, and before a given step is killed (SIGKILL), or lets somebody else run a
 * command: dying STATE_DIR STEP die|COMMAND apply RECORDS | rollback N | resume | undo. Ends with 0 when there were fewer steps. With MEANS=ip in
 * the environment it is done by `ip -batch`.
 */
import { execFileSync } from 'node:child_process';
import { openIpBackend } from '../../../src/backends/xfrm/ip-backend.js';
import { openNetlinkBackend } from '../../../src/backends/xfrm/netlink-backend.js';
import { applyPlan, applyRollback, planRollback, resume, undoUnfinished } from '../../../src/services/apply.js';
import { type HostSession, openSession } from '../../../src/services/host-session.js';
import { planHost } from '../../../src/services/plan.js';
import type { Outcome } from '../../../src/services/transaction.js';

const [stateDir = '', step = '', event = '', action = '', word = ''] = process.argv.slice(2);
const backend = process.env.MEANS === 'ip' ? await openIpBackend() : await openNetlinkBackend();
let steps = 0;

const session = await openSession({
  stateDir,
  lockMillis: 1000,
  backend: {
    ...backend,
    async execute(changes) {
      for (const [done, change] of changes.entries()) {
        if (steps === Number(step)) happen();
        steps += 1;
        const { failure } = await backend.execute([change]);
        if (failure) return { done, failure };
      }
      return { done: changes.length };
    },
  },
});

function happen(): void {
  if (event === 'die') process.kill(process.pid, 'SIGKILL');
  else execFileSync('sh', ['-ec', event]);
}

async function act(on: HostSession): Promise<Outcome> {
  switch (action) {
    case 'apply': {
      const planned = await planHost(on, { paths: [word] });
      if (planned.kind !== 'planned') throw new Error('the records are faulty');
      // After the look at the host, before anything is done.
      if (Number(step) === -1) happen();
      return applyPlan(on, planned, '0');
    }
    case 'rollback':
      return applyRollback(on, await planRollback(on, Number(word)), '0');
    case 'resume':
      return resume(on);
    case 'undo':
      return undoUnfinished(on);
    default:
      throw new Error(`no action: ${action}`);
  }
}

process.stdout.write(`${JSON.stringify(await act(session))}\n`);
backend.close();
