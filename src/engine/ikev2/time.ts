/** What the clock brings — RFC 7296 §2.4, §2.8: repetitions, lifetimes, liveness, keepalives. */

import { livenessSeconds } from './established.js';
import type { IkeSa } from './ike-sa.js';
import { keepaliveSeconds } from './limits.js';
import { endSaInit, onNoAnswer } from './no-answer.js';
import { reauthenticate } from './reauthenticate.js';
import { closeIkeSa, startSending } from './table.js';
import { patient } from './tasks.js';
import { repeatRequest } from './transport.js';
import { ignore, setTimer, type TimerKind, type Turn } from './turn.js';

/** A timer of an IKE SA has run out. */
export function onTimer(turn: Turn, sa: IkeSa, kind: TimerKind): void {
  const { now } = turn;
  turn.touched.add(sa);
  switch (kind) {
    case 'retransmit':
      if (!repeatRequest(turn, sa)) onNoAnswer(turn, sa);
      break;
    case 'hint':
      if (sa.state.state === 'AwaitSaInitResponse') endSaInit(turn, sa, sa.state, sa.policy!);
      break;
    case 'half-open':
      onAbandoned(turn, sa);
      break;
    case 'rekey':
      if (sa.state.state === 'Established' && !sa.queue.some((task) => task.kind === 'rekey-ike'))
        sa.queue.push({ kind: 'rekey-ike', ...patient });
      break;
    case 'reauthenticate':
      reauthenticate(turn, sa);
      break;
    case 'expire':
      sa.queue.unshift({
        kind: 'delete-ike',
        why: sa.state.state === 'Replaced' ? 'it was rekeyed' : (sa.endsBecause ?? 'its lifetime is over'),
      });
      break;
    case 'liveness':
      onLiveness(turn, sa);
      break;
    case 'keepalive':
      if (now - sa.sentAt >= keepaliveSeconds * 1000) {
        turn.out.push({ kind: 'keepalive', local: sa.local, remote: sa.remote });
        sa.sentAt = now;
      }
      setTimer(turn, sa, 'keepalive', sa.sentAt + keepaliveSeconds * 1000);
      break;
    case 'outbound':
      for (const child of sa.children.values()) startSending(turn, child);
      break;
    case 'retry':
      break;
  }
}

/** Nobody is known to have wanted it: a late copy of an old message begins one as well. */
function onAbandoned(turn: Turn, sa: IkeSa): void {
  if (sa.state.state === 'AwaitAuthRequest') {
    ignore(turn, sa.remote, 'the initiator did not go on with IKE_AUTH: its IKE SA is forgotten', 'RFC 7296 §2.6', sa);
  }
  closeIkeSa(turn, sa, 'abandoned', 'it was never authenticated');
}

/** The peer is asked when it was silent for so long. */
function onLiveness(turn: Turn, sa: IkeSa): void {
  const seconds = livenessSeconds(turn, sa);
  if (seconds <= 0) return;
  const dueAt = sa.heardAt + seconds * 1000;
  if (turn.now < dueAt || sa.window.outstanding) {
    setTimer(turn, sa, 'liveness', Math.max(dueAt, turn.now + 1000));
    return;
  }
  if (!sa.queue.some(({ kind }) => kind === 'liveness')) sa.queue.push({ kind: 'liveness' });
  setTimer(turn, sa, 'liveness', turn.now + seconds * 1000);
}
