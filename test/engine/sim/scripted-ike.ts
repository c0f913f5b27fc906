/**
 * A version of IKE for tests of the simulated world itself: one request, one answer, keys that follow from both SPIs. It has real
 * headers and real retransmission, and nothing that would keep anybody out.
 */

import { encryptionKeymatLength } from '../../../src/engine/crypto/provider.js';
import type { Environment } from '../../../src/engine/environment.js';
import type { IkeVersion, ResolvedRequest } from '../../../src/engine/ike-version.js';
import type { Endpoint, IkeSaName } from '../../../src/engine/input.js';
import type { Ends } from '../../../src/engine/ipsec/bundle.js';
import type { Millis, SaId, SaParameters } from '../../../src/engine/ipsec/sa.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { createTimers } from '../../../src/engine/timers.js';
import { ikev2Flags } from '../../../src/engine/wire/header.js';
import { decodeMessage, encodeMessage, type Ikev2Message } from '../../../src/engine/wire/message.js';
import { Secret } from '../../../src/model/secret.js';
import type { SaTemplate, SpdEntry } from '../../../src/model/system-config.js';

interface Waiting {
  readonly request: ResolvedRequest;
  readonly spi: number;
  readonly message: Ikev2Message;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  tries: number;
}

const exchange = 'IKE_SA_INIT';
const repetitionsMax = 4;
const repeatMillis = 1000;

/** The SPIs of both directions are the only thing that is negotiated. */
export function scriptedIke(environment: Environment): IkeVersion {
  const { view, provider } = environment;
  const waiting = new Map<number, Waiting>();
  const timers = createTimers<number>();
  interface Pair {
    /** Absent for the responder, which does not rekey. */
    readonly request?: ResolvedRequest;
    readonly in: SaId;
    readonly out: SaId;
    isRekeyed: boolean;
  }
  const owned = new Map<number, Pair>();
  const answered = new Map<string, Ikev2Message>();
  const ikeSa: IkeSaName = { version: 2, serial: 1 };

  function keymat(length: number, ...numbers: number[]): Secret {
    const parts: Uint8Array[] = [];
    for (let count = 0; parts.length * 32 < length; count += 1)
      parts.push(provider.hashes['SHA2-256'].digest(new TextEncoder().encode([count, ...numbers].join(' '))));
    return new Secret(new Uint8Array(parts.flatMap((part) => [...part])).slice(0, length));
  }

  function parameters(
    entry: { readonly template: SaTemplate; readonly ends: Ends },
    direction: 'inbound' | 'outbound',
    spi: number,
    other: number,
  ): SaParameters {
    const { template, ends } = entry;
    const proposal = template.proposals[0]!;
    const [cipher] = proposal.encryption;
    const [integrity] = proposal.authentication;
    return {
      direction,
      protocol: proposal.protocol,
      spi,
      mode: template.mode,
      local: ends.local,
      remote: ends.remote,
      selectors: template.selectors,
      ...(cipher ? { encryption: cipher } : {}),
      ...(integrity ? { authentication: integrity } : {}),
      keys: {
        ...(cipher ? { encryption: keymat(encryptionKeymatLength(cipher), spi, other, 1) } : {}),
        ...(integrity ? { authentication: keymat(integrity.keyBits / 8, spi, other, 2) } : {}),
      },
      esn: false,
      replayWindow: 64,
      limits: {
        softSeconds: proposal.lifetimeSeconds.value - 10,
        hardSeconds: proposal.lifetimeSeconds.value,
      },
      manual: false,
    };
  }

  function install(request: { readonly template: SaTemplate; readonly ends: Ends }, mine: number, theirs: number) {
    const child = { ikeSa, serial: environment.nextSerial('child') };
    return [
      { kind: 'install', child, sa: parameters(request, 'inbound', mine, theirs) },
      { kind: 'install', child, sa: parameters(request, 'outbound', theirs, mine) },
    ] as const;
  }

  function transmit(local: Endpoint, remote: Endpoint, message: Ikev2Message, repetition: number): EngineOutput {
    const octets = encodeMessage(message);
    return { kind: 'transmit', local, remote, octets, content: { message, exchange, repetition } };
  }

  function start(request: ResolvedRequest, now: Millis): EngineOutput[] {
    const spi = environment.allocateSpi();
    const local = { address: request.ends.local, port: 500 };
    const remote = { address: request.ends.remote, port: 500 };
    const message = messageOf(spi, 0, 0);
    waiting.set(spi, { request, spi, message, local, remote, tries: 1 });
    timers.set(spi, now + repeatMillis);
    return [transmit(local, remote, message, 0)];
  }

  /** The first template towards the peer. */
  function templateFor(peer: Endpoint): { entry: SpdEntry; template: SaTemplate } | undefined {
    for (const entry of view.config.spd) {
      if (entry.action.kind !== 'PROTECT') continue;
      const template = entry.action.bundle.find(
        ({ remoteEndpoint, selectors }) =>
          remoteEndpoint?.value === peer.address.value ||
          selectors.some(({ remote }) => remote.lo <= peer.address.value && peer.address.value <= remote.hi),
      );
      if (template) return { entry, template };
    }
    return undefined;
  }

  return {
    version: 2,
    hasIkeSa: () => true,
    ikeSas: () => [],
    owns: (sa) => 'spi' in sa && owned.has(sa.spi),
    unknownSpi: () => [],
    request: start,
    saInput(input, now) {
      if (input.kind !== 'sa-event' || input.event.kind === 'unknown-spi') return [];
      const { sa, kind } = input.event;
      const pair = owned.get(sa.spi);
      if (!pair) return [];
      if (kind === 'soft-expire') {
        if (!pair.request || pair.isRekeyed) return [];
        pair.isRekeyed = true;
        return start(pair.request, now);
      }
      if (kind !== 'hard-expire') return [];
      owned.delete(pair.in.spi);
      owned.delete(pair.out.spi);
      return [pair.in, pair.out].map((id) => ({ kind: 'remove', sa: id, why: 'expired' }));
    },
    datagram({ local, remote, octets, header }, _now) {
      const decoded = decodeMessage(octets);
      if (!decoded.ok || decoded.message.kind !== 'IKEv2') return [];
      const initiatorSpi = Number(header.initiatorSpi);
      if (header.flags & ikev2Flags.RESPONSE) {
        const open = waiting.get(initiatorSpi);
        if (!open) return [];
        waiting.delete(initiatorSpi);
        timers.cancel(initiatorSpi);
        const installs = install(open.request, open.spi, Number(header.responderSpi));
        remember(installs, open.request);
        return [...installs];
      }
      const key = `${remote.address.value} ${initiatorSpi}`;
      const before = answered.get(key);
      if (before) return [transmit(local, remote, before, 1)];
      const found = templateFor(remote);
      if (!found) return [];
      const spi = environment.allocateSpi();
      const message = messageOf(initiatorSpi, spi, ikev2Flags.RESPONSE);
      answered.set(key, message);
      const installs = install(
        { template: found.template, ends: { local: local.address, remote: remote.address } },
        spi,
        initiatorSpi,
      );
      remember(installs);
      return [...installs, transmit(local, remote, message, 0)];
    },
    timeout(now) {
      return timers.due(now).flatMap((spi): EngineOutput[] => {
        const open = waiting.get(spi);
        if (!open) return [];
        if (open.tries > repetitionsMax) {
          waiting.delete(spi);
          return [{ kind: 'request-failed', request: open.request, retryAt: now + 60_000 }];
        }
        open.tries += 1;
        timers.set(spi, now + repeatMillis * open.tries);
        return [transmit(open.local, open.remote, open.message, open.tries - 1)];
      });
    },
    nextTimeout: () => timers.next(),
  };

  function remember(installs: ReturnType<typeof install>, request?: ResolvedRequest): void {
    const [into, out] = installs.map(({ sa }): SaId => {
      const { direction, protocol, spi } = sa;
      return { direction, protocol, spi, destination: direction === 'inbound' ? sa.local : sa.remote };
    });
    if (!into || !out) return;
    const pair = { in: into, out, isRekeyed: false, ...(request ? { request } : {}) };
    owned.set(into.spi, pair);
    owned.set(out.spi, pair);
  }
}

function messageOf(initiatorSpi: number, responderSpi: number, flags: number): Ikev2Message {
  return {
    kind: 'IKEv2',
    header: {
      initiatorSpi: BigInt(initiatorSpi),
      responderSpi: BigInt(responderSpi),
      version: { major: 2, minor: 0 },
      exchangeType: 34,
      flags,
      messageId: 0,
    },
    payloads: [],
  };
}
