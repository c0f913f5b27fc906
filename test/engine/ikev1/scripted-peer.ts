/** A peer that is led by the hand, for messages that no engine of ours would send: it makes an ISAKMP SA and then says anything. */

import { exchangeIv } from '../../../src/engine/ikev1/keys.js';
import { onAuthReply, onKeyReply, onSaReply, startMainMode } from '../../../src/engine/ikev1/main-mode-initiator.js';
import { type Arrival, encryptedMessage, hashed, hashStart, rawOf } from '../../../src/engine/ikev1/messages.js';
import { basisOf } from '../../../src/engine/ikev1/phase1-basis.js';
import { clearArrival } from '../../../src/engine/ikev1/phase1-flow.js';
import type { IsakmpSa, Phase1Step } from '../../../src/engine/ikev1/phase1-state.js';
import type { Endpoint } from '../../../src/engine/input.js';
import { openIsakmp } from '../../../src/engine/wire/isakmp/protect.js';
import type { IsakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import { decodeMessage, type EncryptedIsakmpMessage, type IsakmpMessage } from '../../../src/engine/wire/message.js';
import { address, type System, type World } from './support.js';

const at = (text: string): Endpoint => ({ address: address(text), port: 500 });

export interface ScriptedPeer {
  readonly sa: IsakmpSa;
  /** Sends payloads behind a right hash, in an exchange of its own; gives what comes back, opened. */
  say(
    exchangeType: number,
    messageId: number,
    payloads: readonly IsakmpPayload[],
    before?: readonly Uint8Array[],
  ): Arrival[];
  /** Sends octets as they are. */
  send(octets: Uint8Array): void;
}

/** Main Mode of `alpha`, whose own engine takes no part in it, with the engine `beta`. */
export function scriptedPeer(world: World, alpha: System): ScriptedPeer {
  const peers = { local: at('10.1.1.1'), remote: at('10.2.2.2') };
  const { environment: env } = alpha;
  const context = { env, now: 0 };
  const pad = env.view.padFor({ local: peers.local.address, remote: peers.remote.address })!;
  const policy = env.view.ikePolicy(peers.remote.address, 1)!;
  const name = { version: 1, serial: 999 } as const;
  const start = { name, role: 'initiator', exchange: 'main', peers, pad, policy, initialContact: false } as const;
  const basis = basisOf(start, env);
  if ('code' in basis) throw new Error(basis.text);
  const begun = startMainMode(basis, context);
  if ('code' in begun) throw new Error(begun.text);

  const send = (octets: Uint8Array): Uint8Array | undefined => {
    const before = world.sent.length;
    world.input('beta', { kind: 'datagram', local: peers.remote, remote: peers.local, octets });
    return world.sent.slice(before).at(0)?.octets;
  };
  const clear = (octets: Uint8Array): Arrival => {
    const decoded = decodeMessage(octets);
    if (!decoded.ok || decoded.message.kind !== 'ISAKMP') throw new Error('not in the clear');
    return clearArrival({ peers, octets, message: decoded.message as IsakmpMessage });
  };
  const next = (step: Phase1Step): Extract<Phase1Step, { kind: 'next' }> => {
    if (step.kind !== 'next') throw new Error(JSON.stringify(step));
    return step;
  };
  const keys = next(onSaReply(begun.state, clear(send(begun.send.octets)!), context));
  if (keys.state.state !== 'AwaitKeyReply') throw new Error(keys.state.state);
  const auth = next(onKeyReply(keys.state, clear(send(keys.send.octets)!), context));
  if (auth.state.state !== 'AwaitAuth') throw new Error(auth.state.state);
  const { protection } = auth.state.keyed.keys;
  const last = opened(
    send(auth.send.octets)!,
    (message) => openIsakmp(message, protection, auth.state.state === 'AwaitAuth' ? auth.state.iv : new Uint8Array(0)),
    peers,
  );
  const done = onAuthReply(auth.state, last, context);
  if (done.kind !== 'established') throw new Error(JSON.stringify(done));
  const { sa } = done;
  return {
    sa,
    say(exchangeType, messageId, payloads, before = []) {
      const message = encryptedMessage(
        { cookies: sa.cookies, exchangeType, messageId },
        hashed(sa.suite.prf, sa.keys.skeyid.skeyidA, [...hashStart(messageId), ...before], payloads),
        sa.keys.protection,
        exchangeIv(sa.suite, sa.lastBlock, messageId),
      );
      const first = world.sent.length;
      send(message.octets);
      return world.sent.slice(first).map(({ octets }) =>
        opened(
          octets,
          (answer) => {
            const same = answer.header.messageId === messageId;
            const iv = same ? message.nextIv : exchangeIv(sa.suite, sa.lastBlock, answer.header.messageId);
            return openIsakmp(answer, sa.keys.protection, iv);
          },
          peers,
        ),
      );
    },
    send: (octets) => void send(octets),
  };
}

function opened(
  octets: Uint8Array,
  open: (message: EncryptedIsakmpMessage) => ReturnType<typeof openIsakmp>,
  peers: Arrival['peers'],
): Arrival {
  const decoded = decodeMessage(octets);
  if (!decoded.ok || decoded.message.kind !== 'encrypted ISAKMP') throw new Error('not encrypted');
  const { message } = decoded;
  const inner = open(message);
  if (!inner.ok) throw new Error(`cannot be opened: ${inner.reason}`);
  const length = inner.plaintext.length - (inner.padding?.length ?? 0);
  return {
    peers,
    header: message.header,
    encrypted: true,
    payloads: inner.payloads,
    raw: rawOf(message.firstPayload, inner.plaintext.subarray(0, length)),
    nextIv: inner.nextIv,
  };
}
