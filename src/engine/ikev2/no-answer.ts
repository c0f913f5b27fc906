/**
 * What becomes of a request that nothing came back to — RFC 7296 §2.4. How long a peer is tried is left open there: a record
 * may want several sequences of retransmissions for a new IKE SA (keyingtries), each with new keys and a new SPI. A peer
 * that refuses is not asked again.
 */
import type { IkePolicy } from '../../model/system-config.js';
import type { Failure } from '../failure.js';
import { adoptCollision } from './exchanges/rekey-ike.js';
import { startIkeSa } from './exchanges/sa-init.js';
import { recordsOf } from './failures.js';
import type { AwaitSaInitResponse, IkeSa } from './ike-sa.js';
import { startIkeSaAgain, wantedAgain } from './restart.js';
import { closeIkeSa } from './table.js';
import { report, type Turn } from './turn.js';

/** The request was sent as often as it may be: the peer is gone, and with it all that it had (RFC 7296 §2.4). */
export function onNoAnswer(turn: Turn, sa: IkeSa): void {
  if (sa.state.state === 'AwaitSaInitResponse') {
    endSaInit(turn, sa, sa.state, sa.policy!);
    return;
  }
  const exchange = sa.window.outstanding?.sent.packets[0]?.content.exchange ?? 'the request';
  const next = nextTry(sa);
  const why = `nothing came back to ${exchange}${next ? `; it is tried again (${next})` : ''}`;
  if (sa.state.state !== 'Deleting') {
    const failure: Failure = {
      code: 'timeout',
      attempt:
        sa.current?.kind === 'rekey-child'
          ? 'rekeying of the Child SA'
          : sa.current?.kind === 'rekey-ike'
            ? 'rekeying of the IKE SA'
            : sa.current?.kind === 'create-child'
              ? 'Child SA'
              : 'IKE SA',
      foundBy: 'nobody',
      role: sa.role,
      text: why,
      rfc: 'RFC 7296 §2.4',
      records: recordsOf(sa),
    };
    report(turn, sa, failure);
  }
  if (next) {
    tryAgain(turn, sa, why);
    return;
  }
  const { collision } = sa;
  if (collision && adoptCollision(turn, sa, 'no answer')) {
    collision.sa.queue.push({ kind: 'liveness' });
    turn.touched.add(collision.sa);
  }
  const lost = wantedAgain(sa, 'peer dead');
  closeIkeSa(turn, sa, 'no answer', sa.state.state === 'Deleting' ? sa.state.why : why);
  startIkeSaAgain(turn, sa, lost, 'peer dead');
}

/** Nothing better came than an unauthenticated error, or nothing at all. */
export function endSaInit(turn: Turn, sa: IkeSa, state: AwaitSaInitResponse, policy: IkePolicy): void {
  const next = state.hint ? undefined : nextTry(sa);
  const failure: Failure = state.hint ?? {
    code: 'timeout',
    attempt: 'IKE SA',
    foundBy: 'nobody',
    role: 'initiator',
    text: `nothing came back to IKE_SA_INIT: the peer is not there, is silent to what is offered, or a filter is on the way${next ? `; it is tried again (${next})` : ''}`,
    records: [...(sa.pad ? [sa.pad.source] : []), policy.source],
  };
  report(turn, sa, failure);
  if (next) tryAgain(turn, sa, failure.text);
  else closeIkeSa(turn, sa, 'no answer', failure.text, state.hint !== undefined);
}

/** `2 of 3`, of the try that may follow this one; undefined where none may. */
function nextTry({ role, state, pad, tries }: IkeSa): string | undefined {
  const isBeingMade = state.state === 'AwaitSaInitResponse' || state.state === 'AwaitAuthResponse';
  if (role !== 'initiator' || !isBeingMade) return undefined;
  const max = pad?.initiationTries?.value ?? 1;
  if (max === 0) return `${tries + 1}`;
  return tries < max ? `${tries + 1} of ${max}` : undefined;
}

/** Ends an IKE SA that got no answer, and begins another one with all that waits for it. */
function tryAgain(turn: Turn, sa: IkeSa, why: string): void {
  const { pad, policy, supersedes, tries } = sa;
  const child = sa.state.state === 'AwaitAuthResponse' ? sa.state.child : undefined;
  const waiting = sa.queue.splice(0);
  const first = child?.request ?? waiting.flatMap((task) => (task.kind === 'create-child' ? [task.request] : []))[0];
  if (sa.state.state === 'AwaitAuthResponse') {
    const { child: _, ...state } = sa.state;
    sa.state = state;
  }
  closeIkeSa(turn, sa, 'no answer', why);
  if (!first || !pad || !policy) return;
  const made = startIkeSa(turn, { ...first, pad, policy });
  if (!made) return;
  made.tries = tries + 1;
  if (supersedes) made.supersedes = supersedes;
  made.queue.push(...waiting.filter((task) => task.kind !== 'create-child' || task.request !== first));
}
