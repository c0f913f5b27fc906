/**
 * IKEv2 — RFC 7296: the version module of the engine. This file holds the table of IKE SAs and leads inputs to them; what
 * they mean is in `exchanges/`, what an IKE SA does next in `pump.ts`.
 */

import { LeaseTable } from '../../model/address-pool.js';
import type { Environment } from '../environment.js';
import type { IkeSaDescription } from '../event.js';
import type { IkeVersion, IkeVersionFactory, ResolvedRequest, SaInput } from '../ike-version.js';
import type { IkeSaName } from '../input.js';
import type { Millis, SaId } from '../ipsec/sa.js';
import type { EngineOutput } from '../output.js';
import { createTimers } from '../timers.js';
import { createCookieJar } from './cookie.js';
import { sendIkeAuth } from './exchanges/ike-auth.js';
import type { IkeSa } from './ike-sa.js';
import { onDatagram } from './incoming.js';
import { ownProposalsOf } from './own-proposals.js';
import { pump } from './pump.js';
import { onRequestFor, onSaInput, samePeers } from './requests.js';
import { describeIkeSa, ikeSasAt } from './table.js';
import { onTimer } from './time.js';
import { type Host, outboundKey, type Turn, timerOf } from './turn.js';
import { tellUnknownSpi } from './unprotected.js';

export const ikev2: IkeVersionFactory = (environment) => createIkev2(environment);

function createIkev2(env: Environment): IkeVersion {
  const host: Host = {
    env,
    bySpi: new Map(),
    bySerial: new Map(),
    byRemote: new Map(),
    byPeer: new Map(),
    halfOpen: new Map(),
    timers: createTimers(),
    cookies: createCookieJar(env.provider),
    own: ownProposalsOf(env.provider),
    inbound: new Map(),
    outbound: new Map(),
    leases: new LeaseTable(),
    unprotected: new Map(),
    waitingOctets: 0,
  };

  /** One input: what it leads to, and then what can go on because of it. */
  function turn(now: Millis, act: (turn: Turn) => void): readonly EngineOutput[] {
    const current: Turn = { host, env, now, out: [], touched: new Set() };
    act(current);
    authenticate(current);
    pump(current);
    return current.out;
  }

  return {
    version: 2,
    datagram: (datagram, now) => turn(now, (current) => onDatagram(current, datagram)),
    request: (request: ResolvedRequest, now) => turn(now, (current) => onRequestFor(current, request)),
    saInput: (input: SaInput, now) => turn(now, (current) => onSaInput(current, input)),
    timeout: (now) =>
      turn(now, (current) => {
        for (const key of host.timers.due(now)) {
          const { serial, kind } = timerOf(key);
          const sa = host.bySerial.get(serial);
          if (sa) onTimer(current, sa, kind);
        }
      }),
    nextTimeout: () => host.timers.next(),
    hasIkeSa(pad, ends) {
      for (const sa of ikeSasAt(host, ends.remote)) if (samePeers(sa, pad, ends, env)) return true;
      return false;
    },
    owns: (of) => ('serial' in of ? ownsIkeSa(of) : findChild(of) !== undefined),
    unknownSpi: ({ event }, now) =>
      turn(now, (current) => {
        if (event.kind === 'unknown-spi') tellUnknownSpi(current, event);
      }),
    ikeSas: () =>
      [...host.bySerial.values()].flatMap((sa): IkeSaDescription[] => {
        const description = sa.state.state === 'Established' ? describeIkeSa(sa) : undefined;
        return description ? [description] : [];
      }),
  };

  function ownsIkeSa({ version, serial }: IkeSaName): boolean {
    return version === 2 && host.bySerial.has(serial);
  }

  function findChild(id: SaId): unknown {
    return id.direction === 'inbound' ? host.inbound.get(id.spi) : host.outbound.get(outboundKey(id));
  }
}

/** IKE SAs that have keys go on to IKE_AUTH. */
function authenticate(turn: Turn): void {
  for (const sa of turn.touched) if (isKeyed(sa)) sendIkeAuthOf(turn, sa);
}

function isKeyed({ state, window }: IkeSa): boolean {
  return state.state === 'AwaitAuthResponse' && !window.outstanding && window.nextRequestId === 1;
}

function sendIkeAuthOf(turn: Turn, sa: IkeSa): void {
  if (sa.state.state === 'AwaitAuthResponse') sendIkeAuth(turn, sa, sa.state);
}
