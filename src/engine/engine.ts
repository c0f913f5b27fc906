/**
 * The IKE engine of one system — RFC 7296, RFC 2409 — without I/O: `handle` takes what happened and says what to do,
 * `nextTimeout` says when to come back. Equal seed, configuration and inputs give equal outputs.
 *
 * This file is the demultiplexer: it finds the records for a request and the version of IKE for everything else.
 */
import { formatAddress } from '../model/address.js';
import type { PadEntry } from '../model/system-config.js';
import { configuredProfile } from './configured-profile.js';
import type { Environment } from './environment.js';
import type { EngineEvent, IkeSaDescription, PassedOverEntry } from './event.js';
import type { Failure } from './failure.js';
import type { IkeVersion, IkeVersionFactory, SaInput } from './ike-version.js';
import type { ChildRequest, EngineInput } from './input.js';
import type { Millis } from './ipsec/sa.js';
import type { EngineOutput } from './output.js';
import { productSetting } from './product-setting.js';
import { createStarter, type Start } from './starter.js';
import { decodeHeader, isResponse } from './wire/header.js';

export interface Engine {
  handle(input: EngineInput, now: Millis): readonly EngineOutput[];
  nextTimeout(): Millis | undefined;
  ikeSas(): readonly IkeSaDescription[];
}

/** How soon a request that the records forbid may come again, in milliseconds. */
const hopelessRetryMillis = 60_000;

/** Makes an engine with the given versions of IKE. */
export function createEngine(given: Environment, versions: readonly IkeVersionFactory[]): Engine {
  const { view } = given;
  const environment: Environment = { ...given, profile: configuredProfile(given.profile, view.config) };
  const onlyInitiates = productSetting(given, 'charon.initiator_only') ?? false;
  const modules = versions.map((make) => make(environment));
  const starter = createStarter(environment);
  const ofVersion = (version: 1 | 2): IkeVersion | undefined => modules.find((module) => module.version === version);

  return {
    handle(input, now) {
      const outputs = carryOut(input, now);
      starter.note(outputs, now);
      return outputs;
    },
    nextTimeout() {
      // Asked after every input, so without lists.
      let next = starter.next();
      for (const module of modules) {
        const at = module.nextTimeout();
        if (at !== undefined && (next === undefined || at < next)) next = at;
      }
      return next;
    },
    ikeSas: () => modules.flatMap((module) => module.ikeSas()),
  };

  function carryOut(input: EngineInput, now: Millis): readonly EngineOutput[] {
    switch (input.kind) {
      case 'datagram':
        return datagram(input, now);
      case 'timeout':
        return [...modules.flatMap((module) => module.timeout(now)), ...start(starter.due(now), now)];
      case 'request':
        return request(input.request, now);
      case 'start':
        return start(starter.begin(), now);
      case 'sa-event':
        if (input.event.kind === 'unknown-spi') return modules.flatMap((module) => module.unknownSpi(input, now));
        return owner(input)?.saInput(input, now) ?? [];
      default:
        return owner(input)?.saInput(input, now) ?? [];
    }
  }

  function start(starts: readonly Start[], now: Millis): readonly EngineOutput[] {
    return starts.flatMap((each) => {
      if (each.kind === 'impossible') return [event(each.event)];
      const { why, request: wish } = each;
      const { template, ends } = wish;
      return [event({ kind: 'begin', why, template: template.source, peer: ends.remote }), ...request(wish, now)];
    });
  }

  function owner(input: SaInput): IkeVersion | undefined {
    switch (input.kind) {
      case 'sa-event': {
        const { event } = input;
        return event.kind === 'unknown-spi' ? undefined : modules.find((module) => module.owns(event.sa));
      }
      case 'rekey-child':
      case 'delete-child':
        return modules.find((module) => module.owns(input.sa));
      default:
        return modules.find((module) => module.owns(input.ikeSa));
    }
  }

  function datagram(input: Extract<EngineInput, { kind: 'datagram' }>, now: Millis): readonly EngineOutput[] {
    const { local, remote, octets } = input;
    const header = decodeHeader(octets);
    const ignored = (why: string, rfc: string): EngineOutput[] => [
      { kind: 'event', event: { kind: 'ignored', remote, why, rfc } },
    ];
    if (!header) return ignored(`${octets.length} octets are too few for an IKE header`, 'RFC 7296 §3.1');
    const { major } = header.version;
    if (onlyInitiates && header.responderSpi === 0n && (major === 1 || !isResponse(header)))
      return ignored('this system only initiates (charon.initiator_only)', 'RFC 7296 §1.2');
    if (major !== 1 && major !== 2) {
      // The one answer that RFC 7296 §2.5 allows needs IKEv2; a version that we lack is not answered.
      return (
        ofVersion(2)?.datagram({ local, remote, octets, header }, now) ?? ignored(`version ${major}`, 'RFC 7296 §2.5')
      );
    }
    const module = ofVersion(major);
    if (!module) return ignored(`this system does not speak IKEv${major}`, 'RFC 7296 §2.5');
    return module.datagram({ local, remote, octets, header }, now);
  }

  /** Finds the PAD entry, the version and the IKE policy (hpux-ipsec reference 7.1), then lets the version go on. */
  function request(wish: ChildRequest, now: Millis): readonly EngineOutput[] {
    const peer = wish.ends.remote;
    const peerText = formatAddress(peer.family, peer.value);
    const pad = padFor(wish);
    const outputs: EngineOutput[] = [found('PAD', peerText, pad?.source)];
    const refuse = (code: Failure['code'], text: string, records: Failure['records']): EngineOutput[] => [
      ...outputs,
      event({ kind: 'failed', failure: { code, attempt: 'IKE SA', foundBy: 'us', role: 'initiator', text, records } }),
      { kind: 'request-failed', request: wish, retryAt: now + hopelessRetryMillis },
    ];
    if (!pad)
      return refuse('no-pad-entry', `no auth record of ${view.config.name} is for ${peerText}`, [wish.template.source]);
    const { record } = pad.source;
    const version = versionFor(pad, wish);
    const module = version && ofVersion(version);
    if (!version || !module)
      return refuse(
        'version-refused',
        `${record.kind} '${record.name}' allows no version of IKE that this system speaks`,
        [pad.source],
      );
    if (pad.respondOnly && !module.hasIkeSa(pad, wish.ends)) {
      return refuse(
        'may-not-initiate',
        `${record.kind} '${record.name}' is for peers that this system only responds to`,
        [pad.source],
      );
    }
    const policy = view.ikePolicy(peer, version, pad.connection);
    outputs.push(found('IKE policies', `${peerText}, IKEv${version}`, policy?.source));
    if (!policy)
      return refuse('no-ike-policy', `${view.config.name} has no IKEv${version} policy for ${peerText}`, [pad.source]);
    return [...outputs, ...module.request({ ...wish, pad, policy }, now)];
  }

  function padFor({ ends, template }: ChildRequest): PadEntry | undefined {
    return view.padFor({
      local: ends.local,
      remote: ends.remote,
      ...(template.connection ? { connection: template.connection } : {}),
    });
  }

  /** An IKE SA of any version that the record lists, in its order; for a new one the first version counts alone. */
  function versionFor(pad: PadEntry, wish: ChildRequest): 1 | 2 | undefined {
    const listed = pad.ikeVersions.value;
    return listed.find((version) => ofVersion(version)?.hasIkeSa(pad, wish.ends)) ?? listed[0];
  }
}

function event(of: EngineEvent): EngineOutput {
  return { kind: 'event', event: of };
}

function found(
  list: 'PAD' | 'IKE policies',
  key: string,
  entry: PadEntry['source'] | undefined,
  passedOver: readonly PassedOverEntry[] = [],
): EngineOutput {
  return event({ kind: 'search', list, key, passedOver, ...(entry ? { found: entry } : {}) });
}
