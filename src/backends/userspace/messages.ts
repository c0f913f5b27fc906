/**
 * What the main thread and its workers say to each other. Everything is plain data: SAs with their keys as octets (they stay within the
 * process), policies without keys, acquires by their places in the policies that both have.
 */
import type { Acquire } from '../../engine/ipsec/bundle.js';
import type { DropReason } from '../../engine/ipsec/drop.js';
import type { PeerMove } from '../../engine/ipsec/peer-move.js';
import type { KeyFault, SaEvent, SaId, SaParameters } from '../../engine/ipsec/sa.js';
import { Secret } from '../../model/secret.js';
import type { ManualSa, SpdEntry, SystemConfig } from '../../model/system-config.js';
import { authentication, encryption } from '../../model/transform.js';
import type { CachedFlow, IkeMessage, SaUsageReport } from './report.js';

/** Comes in lists: what the main thread has to say at a time. */
export type ToWorker =
  /** `generation` numbers the policies. */
  | { readonly kind: 'config'; readonly request: number; readonly generation: number; readonly config: SystemConfig }
  | { readonly kind: 'add'; readonly request: number; readonly sa: SaMessage }
  | { readonly kind: 'remove'; readonly request: number; readonly id: SaId }
  | { readonly kind: 'move'; readonly request: number; readonly move: PeerMove }
  | { readonly kind: 'usage'; readonly request: number; readonly ids?: readonly SaId[] }
  | { readonly kind: 'flows'; readonly request: number; readonly max: number }
  /** For so many milliseconds from now, because clocks of threads differ. */
  | { readonly kind: 'failed'; readonly acquire: AcquireMessage; readonly forMillis: number }
  | { readonly kind: 'send-ike'; readonly message: IkeMessage }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answers'; readonly answers: readonly AnswerMessage[] }
  | { readonly kind: 'sa'; readonly event: SaEvent; readonly more: number }
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly why: string; readonly more: number }
  | { readonly kind: 'acquire'; readonly acquire: AcquireMessage }
  | { readonly kind: 'ike'; readonly message: IkeMessage }
  | { readonly kind: 'fault'; readonly isFatal: boolean; readonly why: string };

export interface AnswerMessage {
  readonly request: number;
  readonly answer: Answer;
}

/** What a request came to. */
export type Answer =
  | { readonly kind: 'done' }
  | { readonly kind: 'fault'; readonly fault: KeyFault }
  | { readonly kind: 'removed'; readonly wasThere: boolean }
  | { readonly kind: 'usage'; readonly reports: readonly SaUsageReport[] }
  | { readonly kind: 'flows'; readonly flows: readonly CachedFlow[] };

/** Parameters of an SA with algorithms by name and keys as octets. */
export interface SaMessage extends Omit<SaParameters, 'encryption' | 'authentication' | 'keys'> {
  readonly encryption?: string;
  readonly authentication?: string;
  readonly encryptionKey?: Uint8Array;
  readonly authenticationKey?: Uint8Array;
}

export function saMessage({ encryption: cipher, authentication: integrity, keys, ...rest }: SaParameters): SaMessage {
  return {
    ...rest,
    ...(cipher ? { encryption: cipher.name } : {}),
    ...(integrity ? { authentication: integrity.name } : {}),
    ...(keys.encryption ? { encryptionKey: keys.encryption.reveal() } : {}),
    ...(keys.authentication ? { authenticationKey: keys.authentication.reveal() } : {}),
  };
}

/** The parameters again, with the very transforms of the table. */
export function saParametersOf(message: SaMessage): SaParameters {
  const { encryption: cipher, authentication: integrity, encryptionKey, authenticationKey, ...rest } = message;
  return {
    ...rest,
    ...(cipher === undefined ? {} : { encryption: encryption(cipher) }),
    ...(integrity === undefined ? {} : { authentication: authentication(integrity) }),
    keys: {
      ...(encryptionKey ? { encryption: new Secret(encryptionKey) } : {}),
      ...(authenticationKey ? { authentication: new Secret(authenticationKey) } : {}),
    },
  };
}

const noKey = new Secret(new Uint8Array(0));

/** What a worker needs of a configuration: SPDs and addresses. Keys are left out, because SAs bring their own. */
export function workerConfig({ name, addresses, spd, forwardSpd }: SystemConfig): SystemConfig {
  return {
    name,
    addresses,
    spd: spd.map(withoutKeys),
    forwardSpd: forwardSpd.map(withoutKeys),
    pad: [],
    ikePolicies: [],
    padSearch: 'first-match',
  };
}

function withoutKeys(entry: SpdEntry): SpdEntry {
  if (entry.action.kind !== 'PROTECT') return entry;
  const bundle = entry.action.bundle.map(({ manual, ...template }) =>
    manual ? { ...template, manual: { inbound: named(manual.inbound), outbound: named(manual.outbound) } } : template,
  );
  return { ...entry, action: { ...entry.action, bundle } };
}

function named({ at, protocol, spi }: ManualSa): ManualSa {
  return { at, protocol, spi, authenticationKey: noKey };
}

/** An acquire by the places of its entry and template in the policies of a generation. */
export interface AcquireMessage extends Pick<Acquire, 'ends' | 'packet' | 'populateFromPacket'> {
  readonly generation: number;
  readonly list: 'spd' | 'forwardSpd';
  readonly entry: number;
  readonly template: number;
}

/** Undefined where the acquire is not of these policies. */
export function acquireMessage(acquire: Acquire, config: SystemConfig, generation: number): AcquireMessage | undefined {
  const { entry, template, ends, packet, populateFromPacket } = acquire;
  const list = config.spd.includes(entry) ? 'spd' : 'forwardSpd';
  const place = config[list].indexOf(entry);
  const layer = entry.action.kind === 'PROTECT' ? entry.action.bundle.indexOf(template) : -1;
  if (place < 0 || layer < 0) return undefined;
  return { generation, list, entry: place, template: layer, ends, packet, populateFromPacket };
}

/** Undefined where the policies have changed since. */
export function acquireOf(message: AcquireMessage, config: SystemConfig, generation: number): Acquire | undefined {
  const { list, entry: place, template: layer, ends, packet, populateFromPacket } = message;
  const entry = config[list][place];
  const template = entry?.action.kind === 'PROTECT' ? entry.action.bundle[layer] : undefined;
  if (message.generation !== generation || !entry || !template) return undefined;
  return { kind: 'acquire', entry, template, ends, packet, populateFromPacket };
}
