/** Starts what waits: the next task of an IKE SA whose window is free (RFC 7296 §2.3). */

import { spiOctets } from '../wire/payloads/spis.js';
import { deleteIkePayload, deletePayload, deletePayloads } from './exchanges/informational.js';
import { sendChildRequest, sendIkeRekey } from './exchanges/send.js';
import type { IkeSa } from './ike-sa.js';
import { become, childBecomes } from './lifecycle.js';
import { failedRetryMillis, messageIdMax } from './limits.js';
import { closeIkeSa } from './table.js';
import type { Task } from './tasks.js';
import { sendRequest } from './transport.js';
import { giveUpRequest, setTimer, type Turn } from './turn.js';

/** Tasks that turn out to be needless, one after the other; more than these are a bug of ours. */
const needlessMax = 100_000;

/** Lets every IKE SA that this turn touched go on. */
export function pump(turn: Turn): void {
  for (const sa of turn.touched) {
    for (let count = 0; count < needlessMax && startNext(turn, sa); count += 1);
  }
}

/** Starts one task; true when it was needless and another one may be tried. */
function startNext(turn: Turn, sa: IkeSa): boolean {
  const { state } = sa.state;
  if (sa.window.outstanding || !sa.crypto || (state !== 'Established' && state !== 'Replaced')) return false;
  if (sa.window.nextRequestId >= messageIdMax) {
    closeIkeSa(turn, sa, 'forgotten', 'its Message IDs are used up');
    return false;
  }
  const index = sa.queue.findIndex((task) => isDue(task, turn.now));
  if (index < 0) {
    waitForLater(turn, sa);
    endSuperseded(turn, sa);
    return false;
  }
  const [task] = sa.queue.splice(index, 1);
  start(turn, sa, task!);
  return !sa.window.outstanding;
}

function isDue(task: Task, now: number): boolean {
  return !('notBefore' in task) || task.notBefore <= now;
}

function waitForLater(turn: Turn, sa: IkeSa): void {
  const times = sa.queue.flatMap((task) => ('notBefore' in task ? [task.notBefore] : []));
  if (times.length > 0) setTimer(turn, sa, 'retry', Math.min(...times));
}

/** Everything that the old IKE SA had is here: it may go (make before break). */
function endSuperseded(turn: Turn, sa: IkeSa): void {
  const { supersedes } = sa;
  if (!supersedes || sa.queue.length > 0) return;
  sa.supersedes = undefined;
  if (supersedes.state.state !== 'Established') return;
  supersedes.queue.push({ kind: 'delete-ike', why: 'its peers have authenticated anew' });
  turn.touched.add(supersedes);
}

function start(turn: Turn, sa: IkeSa, task: Task): void {
  switch (task.kind) {
    case 'create-child':
      sa.state.state === 'Established'
        ? sendChildRequest(turn, sa, task)
        : giveUpRequest(turn, task.request, failedRetryMillis);
      return;
    case 'rekey-child':
      if (task.child.state === 'Installed' && sa.state.state === 'Established') sendChildRequest(turn, sa, task);
      return;
    case 'rekey-ike':
      if (sa.state.state === 'Established') sendIkeRekey(turn, sa, task);
      return;
    case 'delete-children': {
      const children = task.children.filter(({ state }) => state !== 'Gone' && state !== 'Deleting');
      if (children.length === 0) {
        return;
      }
      for (const child of children) childBecomes(child, 'delete sent');
      sa.current = { kind: 'delete-children', children, why: task.why };
      inform(turn, sa, deletePayloads(children), 'delete');
      return;
    }
    case 'delete-spi':
      sa.current = { kind: 'inform' };
      inform(turn, sa, [deletePayload(task.protocol, [spiOctets(task.inboundSpi)])], 'delete');
      return;
    case 'delete-ike':
      become(sa, 'delete sent', { state: 'Deleting', why: task.why });
      for (const waiting of sa.queue) {
        if (waiting.kind === 'create-child') giveUpRequest(turn, waiting.request, failedRetryMillis);
      }
      sa.queue.length = 0;
      sa.current = { kind: 'delete-ike', why: task.why };
      inform(turn, sa, [deleteIkePayload()], 'delete');
      return;
    case 'liveness':
      sa.current = { kind: 'liveness' };
      inform(turn, sa, [], 'liveness');
      return;
  }
}

function inform(turn: Turn, sa: IkeSa, payloads: Parameters<typeof sendRequest>[2]['payloads'], purpose: string): void {
  sendRequest(turn, sa, { exchange: 'INFORMATIONAL', payloads, purpose });
}
