/** One line of readable text, and one object for programs, for each fact of a live system. Never a secret. */
import type { EngineEvent } from '../../engine/event.js';
import type { Endpoint } from '../../engine/input.js';
import { formatAddress } from '../../model/address.js';
import { formatPacket } from '../../model/packet.js';
import type { EntrySource, Identity } from '../../model/system-config.js';
import { formatSelector, type SelectorLists } from '../../model/traffic-selector.js';
import type { HeldBack } from './line-limiter.js';
import type { LiveFact } from './live-system.js';

export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface FactLine {
  readonly level: LogLevel;
  /** Stable word for programs: `ike-sa-established`. */
  readonly kind: string;
  readonly text: string;
  /** The peer, where there is one. */
  readonly peer?: string;
}

/** Is a line of `level` wanted when lines up to `wanted` are? */
export function isWanted(level: LogLevel, wanted: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(wanted);
}

/** Is it for the audit: did something fail, or was something refused? */
export function isAudited({ level }: FactLine): boolean {
  return isWanted(level, 'warning');
}

/** A line whose text is not made yet: what nobody wants to read need not be put into words. */
interface Draft {
  readonly level: LogLevel;
  readonly kind: string;
  readonly text: () => string;
  readonly peer?: Endpoint | undefined;
}

/** What a fact says to one who wants lines up to a level; undefined where that is nothing. `from`: whose datagram led to it. */
export function factLine(fact: LiveFact, wanted: LogLevel = 'debug', from?: Endpoint): FactLine | undefined {
  const draft = draftOf(fact);
  if (!draft || !isWanted(draft.level, wanted)) return undefined;
  const { level, kind, text, peer = from } = draft;
  return { level, kind, text: text(), ...(peer ? { peer: endpoint(peer) } : {}) };
}

/**
 * What a line is one of many about, where somebody whom nobody has authenticated can bring it about as often as he likes: his address, or
 * what it says. Undefined for all others, and for those that are for debugging: who asks for these wants every one.
 */
export function floodSubject(fact: LiveFact, { level, kind, text }: FactLine, from?: Endpoint): string | undefined {
  if (level === 'debug' || /^(ike|child)-sa-/.test(kind)) return undefined;
  if (from) return address(from.address);
  return fact.kind === 'data-path' || fact.kind === 'trouble' ? text : undefined;
}

/** What was held back of a flood. */
export function heldBackLine({ lines, kinds }: HeldBack): FactLine {
  const most = kinds.map(([kind, count]) => `${kind} ${count}`).join(', ');
  return { level: 'warning', kind: 'held-back', text: `${lines} more lines like the last ones were not told: ${most}` };
}

/** Undefined for what is of no interest to anybody. */
function draftOf(fact: LiveFact): Draft | undefined {
  switch (fact.kind) {
    case 'sent': {
      const { content, remote } = fact.output;
      const again = content.repetition > 0 ? ` (repetition ${content.repetition})` : '';
      return line('debug', 'sent', () => `${content.exchange}${again} to ${endpoint(remote)}`, remote);
    }
    case 'request':
      return line(
        'info',
        'acquire',
        () =>
          `${named(fact.request.entry.source)} needs an SA with ${address(fact.request.ends.remote)}${fact.request.packet ? ` for ${formatPacket(fact.request.packet)}` : ''}`,
      );
    case 'request-failed':
      return line('warning', 'request-failed', () => `no SA with ${address(fact.request.ends.remote)} came about`);
    case 'installed': {
      const { protocol, spi, direction } = fact.sa;
      return line('debug', 'installed', () => `${direction} ${protocol} SA ${hex(spi)} installed`);
    }
    case 'removed':
      return line(
        'debug',
        'removed',
        () => `${fact.sa.direction} ${fact.sa.protocol} SA ${hex(fact.sa.spi)} removed: ${fact.why}`,
      );
    case 'data-path':
      return dataPathLine(fact.event);
    case 'trouble':
      return line('error', 'trouble', () => fact.text);
    case 'event':
      return eventLine(fact.event);
  }
}

function dataPathLine(event: Extract<LiveFact, { kind: 'data-path' }>['event']): Draft | undefined {
  switch (event.kind) {
    case 'acquire':
      return undefined;
    case 'fault':
      return line(event.fatal ? 'error' : 'warning', 'data-path', () => event.text);
    case 'sa-event': {
      const { event: sa } = event;
      if (sa.kind === 'unknown-spi') {
        return line(
          'warning',
          'unknown-spi',
          () => `${sa.protocol} with the unknown SPI ${hex(sa.spi)} from ${address(sa.source)}`,
        );
      }
      const level = sa.kind === 'icv-failure' || sa.kind === 'replay' ? 'warning' : 'debug';
      return line(level, sa.kind, () => `${sa.kind} on the ${sa.sa.direction} ${sa.sa.protocol} SA ${hex(sa.sa.spi)}`);
    }
  }
}

function eventLine(event: EngineEvent): Draft | undefined {
  switch (event.kind) {
    case 'received':
      return line('debug', 'received', () => `${event.content.exchange} from ${endpoint(event.remote)}`, event.remote);
    case 'ignored':
      return line(
        'debug',
        'ignored',
        () => `a message of ${endpoint(event.remote)} was ignored: ${event.why}`,
        event.remote,
      );
    case 'begin':
      return line(
        'info',
        'begin',
        () => `${named(event.template)} is started with ${address(event.peer)}: ${beginReasons[event.why]}`,
      );
    case 'search':
      return line(
        'debug',
        'search',
        () => `${event.list} searched for ${event.key}: ${event.found ? named(event.found) : 'nothing fits'}`,
      );
    case 'proposals': {
      const what = event.of === 'IKE' ? 'IKE proposals' : 'IPsec proposals';
      const text = () =>
        event.selection.kind === 'selected'
          ? `${what}: ${transforms(event.selection.transforms)} by ${named(event.own)}`
          : `${what}: none in common with ${named(event.own)}`;
      return line(event.selection.kind === 'selected' ? 'debug' : 'warning', 'proposals', text);
    }
    case 'selectors':
      // What an initiator proposes has no result yet.
      if (!event.result && event.why === undefined)
        return line(
          'debug',
          'selectors',
          () => `selectors ${lists(event.proposed)} are proposed by ${named(event.own)}`,
        );
      return line(event.result ? 'debug' : 'warning', 'selectors', () =>
        event.result
          ? `selectors ${lists(event.result)} by ${named(event.own)}`
          : `selectors ${lists(event.proposed)} are refused by ${named(event.own)}${event.why ? `: ${event.why}` : ''}`,
      );
    case 'identity': {
      const text = () =>
        `${event.of === 'local' ? 'own' : 'peer'} identity ${identity(event.identity)} by ${named(event.entry)}`;
      return event.accepted
        ? line('debug', 'identity', text)
        : line('warning', 'identity', () => `${text()} refused${event.expected ? `: expected ${event.expected}` : ''}`);
    }
    case 'authentication':
      return line(
        event.good ? 'debug' : 'warning',
        'authentication',
        () =>
          `${event.of === 'local' ? 'own' : 'peer'} authentication by ${event.method} ${event.good ? 'succeeded' : `failed${event.why ? `: ${event.why}` : ''}`}`,
      );
    case 'configuration': {
      const addresses = () => event.addresses.map(address).join(' and ');
      return event.of === 'local'
        ? line('info', 'virtual-address', () => `the peer gives the address ${addresses()} by ${named(event.entry)}`)
        : line(
            'info',
            'virtual-address',
            () => `the peer is given the address ${addresses()} by ${named(event.entry)}`,
          );
    }
    case 'nat':
      return event.localBehindNat || event.peerBehindNat
        ? line('info', 'nat', () => `there is a NAT before ${event.localBehindNat ? 'this system' : 'the peer'}`)
        : undefined;
    case 'ike-sa':
      if (event.change === 'closed')
        return line('info', 'ike-sa-closed', () => `IKE SA ike:${event.name.serial} closed: ${event.why}`);
      return line(
        'info',
        `ike-sa-${event.change}`,
        () =>
          `IKE SA ike:${event.sa.name.serial} with ${event.sa.peerId ? `${identity(event.sa.peerId)} at ` : ''}${endpoint(event.sa.remote)} ${event.change}: ${transforms(event.sa.transforms)}`,
        event.sa.remote,
      );
    case 'child-sa':
      if (event.change === 'closed')
        return line('info', 'child-sa-closed', () => `SA pair child:${event.name.serial} closed: ${event.why}`);
      return line(
        'info',
        `child-sa-${event.change}`,
        () =>
          `SA pair child:${event.sa.name.serial} ${event.change}: ${event.sa.protocol} ${event.sa.mode} ${transforms(event.sa.transforms)}, ${lists(event.sa.selectors)}, SPIs ${hex(event.sa.inbound.spi)} in ${hex(event.sa.outbound.spi)} out`,
      );
    case 'ike-keys':
      return undefined;
    case 'failed': {
      const { failure } = event;
      const by = { us: 'found out here', peer: 'said by the peer', nobody: 'no answer' }[failure.foundBy];
      return line(
        'warning',
        'failed',
        () =>
          `${failure.attempt}: ${failure.text} (${failure.code}, ${by}${failure.notify ? `, ${failure.notify}` : ''})`,
      );
    }
  }
}

const beginReasons = {
  configured: 'its configuration says so',
  'kept up': 'it is to be there, and is not',
  'peer dead': 'the peer did not answer any more',
  'closed by the peer': 'the peer has closed it',
} as const;

function line(level: LogLevel, kind: string, text: () => string, peer?: Endpoint): Draft {
  return { level, kind, text, peer };
}

function named({ record }: EntrySource): string {
  return record.name === '' ? record.kind : `${record.kind} '${record.name}'`;
}

export function address({ family, value }: Endpoint['address']): string {
  return formatAddress(family, value);
}

/** `10.0.0.1:500`, `[2001:db8::1]:4500` */
export function endpoint({ address: of, port }: Endpoint): string {
  return of.family === 6 ? `[${address(of)}]:${port}` : `${address(of)}:${port}`;
}

export function identity({ type, value }: Identity): string {
  return value === undefined ? type : `${type} ${value}`;
}

export function hex(spi: number): string {
  return `0x${spi.toString(16).padStart(8, '0')}`;
}

/** `AES-CBC-128, HMAC-SHA2-256-128, MODP-2048` */
export function transforms(chosen: {
  readonly encryption?: { readonly name: string };
  readonly integrity?: { readonly name: string };
  readonly prf?: { readonly name: string };
  readonly keyExchange?: { readonly name: string };
  readonly esn?: string;
}): string {
  const names = [chosen.encryption?.name, chosen.integrity?.name, chosen.prf?.name, chosen.keyExchange?.name];
  return [...names, chosen.esn === 'esn' ? 'ESN' : undefined].filter((name) => name !== undefined).join(', ');
}

export function lists({ local, remote }: SelectorLists): string {
  return `${local.map(formatSelector).join(' + ')} to ${remote.map(formatSelector).join(' + ')}`;
}
