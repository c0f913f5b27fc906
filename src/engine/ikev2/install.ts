/** Makes a Child SA of what was agreed on, with its keys and limits, and hands it to the data path. */
import type { ChosenTransforms } from '../../model/proposal.js';
import type { Secret } from '../../model/secret.js';
import type { ChildProposal } from '../../model/system-config.js';
import type { SelectorLists } from '../../model/traffic-selector.js';
import type { NoncePair } from '../crypto/kdf.js';
import { rekeyAfterSeconds } from '../lifetimes.js';
import { type Child, type ChildPurpose, limitsOf, saParameters, selectedBy } from './child-sa.js';
import { childKey, type IkeSa, type Role } from './ike-sa.js';
import { childKeys } from './keys.js';
import { outboundDelayMillis } from './limits.js';
import { hasNat } from './nat.js';
import { announceChild, enterChild } from './table.js';
import { outboundKey, setTimer, type Turn } from './turn.js';

export interface AgreedChild {
  /** In the exchange that makes it. */
  readonly role: Role;
  readonly purpose: ChildPurpose;
  readonly proposal: ChildProposal;
  readonly transforms: ChosenTransforms;
  readonly mode: 'transport' | 'tunnel';
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly selectors: SelectorLists;
  readonly nonces: NoncePair;
  readonly sharedSecret?: Secret;
  readonly replaces?: Child;
  /**
   * Does the peer have its end already? If not, what is sent goes on through the old pair until the peer deletes that
   * (RFC 7296 §2.8).
   */
  readonly sendAtOnce: boolean;
}

/** Is the name of the outbound SA free? The peer chose it, and so may have chosen one that is there (RFC 4301 §4.1). */
export function isFree({ host }: Turn, sa: IkeSa, protocol: 'ESP' | 'AH', spi: number): boolean {
  const id = { direction: 'outbound', protocol, spi, destination: sa.remote.address } as const;
  return !sa.children.has(childKey(protocol, spi)) && !host.outbound.has(outboundKey(id));
}

export function installChild(turn: Turn, sa: IkeSa, agreed: AgreedChild): Child {
  const { env, out, now } = turn;
  const { role, purpose, proposal, transforms, mode, nonces, sharedSecret, replaces, selectors } = agreed;
  if (!sa.crypto) throw new Error('a Child SA of an IKE SA without keys');
  const keys = childKeys(sa.crypto, transforms, nonces, sharedSecret);
  const { profile, provider } = env;
  const soft = rekeyAfterSeconds(
    proposal.lifetimeSeconds.value,
    { at: proposal.rekeySeconds?.value, random: proposal.rekeyRandomSeconds?.value },
    profile,
    provider.random,
    role,
  );
  const limits = limitsOf(proposal, soft, profile.rekeyMarginPercent.value);
  const udp = hasNat(sa.nat) ? { localPort: sa.local.port, remotePort: sa.remote.port } : undefined;
  const child: Child = {
    name: { ikeSa: sa.name, serial: env.nextSerial('child') },
    role,
    purpose,
    protocol: proposal.protocol,
    mode,
    inboundSpi: agreed.inboundSpi,
    outboundSpi: agreed.outboundSpi,
    transforms,
    selectors,
    proposal,
    udpEncapsulation: udp !== undefined && proposal.protocol === 'ESP',
    state: 'Installed',
    successor: undefined,
    waitingOutbound: undefined,
    collision: undefined,
  };
  const [ours, theirs] = role === 'initiator' ? [keys.initiator, keys.responder] : [keys.responder, keys.initiator];
  const selected = selectedBy(child);
  const outbound = saParameters(child, 'outbound', selected, ours, limits, udp);
  enterChild(turn, sa, child);
  const { template } = purpose;
  out.push({
    kind: 'install',
    child: child.name,
    sa: saParameters(child, 'inbound', selected, theirs, limits, udp),
    template,
  });
  if (agreed.sendAtOnce || !replaces) {
    out.push({ kind: 'install', child: child.name, sa: outbound, template });
  } else {
    child.waitingOutbound = outbound;
    setTimer(turn, sa, 'outbound', now + outboundDelayMillis);
  }
  announceChild(turn, child, replaces);
  return child;
}
