/**
 * Credentials for a dry run: preshared keys as their records have them, and certificates that are made up for the
 * identities that the records name. What is not at hand is assumed to be right, and said.
 */
import type { CharonCredentials } from '../../engine/credentials/charon/store.js';
import { createCredentials } from '../../engine/credentials/store.js';
import type { Credentials, OwnCredential } from '../../engine/credentials.js';
import type { CryptoProvider } from '../../engine/crypto/provider.js';
import { seededRandom } from '../../engine/crypto/random.js';
import { createMadeUpPki, type MadeUpPki } from '../../engine/sim/made-up-pki.js';
import type { NegotiationRun } from '../../engine/sim/negotiation.js';
import { entriesOf } from '../../engine/sim/trace.js';
import { toHex } from '../../engine/wire/codec.js';
import { rangeContains, singleAddress } from '../../model/address.js';
import { provingKey } from '../../model/peer/connection/keys.js';
import { addressIdentity, parseName, sentIdentity } from '../../model/peer/identity.js';
import type { Walk } from '../../model/peer/steps.js';
import { Secret } from '../../model/secret.js';
import type {
  AuthenticationMethod,
  DnAttribute,
  Identity,
  PadEntry,
  SecretReference,
} from '../../model/system-config.js';
import type { Side } from './plan.js';
import { type RealCertificates, realCertificates } from './real-certificates.js';
import { type NegotiatingSystem, withheldKeyPath } from './systems.js';
import { recordName } from './view.js';

export interface GroupCredentials {
  /** By the name of the system. */
  readonly bySystem: ReadonlyMap<string, Credentials>;
  readonly assumptions: readonly Assumption[];
}

/** What is taken for granted, and the entries that it is about: it matters where one of them is used. */
export interface Assumption {
  readonly text: string;
  readonly pads: readonly PadEntry[];
}

/** The texts of those that runs rested on, each once. */
export function assumptionsOf(assumptions: readonly Assumption[], runs: readonly NegotiationRun[]): string[] {
  const used = new Set(
    runs.flatMap(({ trace }) =>
      entriesOf(trace.entries, 'event').flatMap(({ event }) =>
        event.kind === 'search' && event.list === 'PAD' && event.found ? [event.found] : [],
      ),
    ),
  );
  const texts = assumptions.filter(({ pads }) => pads.some(({ source }) => used.has(source))).map(({ text }) => text);
  return [...new Set(texts)];
}

/** Without a method of its own (`ANY`) an end signs. */
const byKey: ReadonlySet<AuthenticationMethod> = new Set(['PSK', 'EAP', 'XAUTH']);
const placeholderLength = 32;

/** Two systems that meet, and what their records say of it. */
export interface Meeting {
  readonly a: NegotiatingSystem;
  readonly b: NegotiatingSystem;
  readonly walks: readonly Walk[];
}

/** Credentials of all systems. `secretOf` reads a secret that is elsewhere; undefined where it is not at hand. */
export function groupCredentials(
  systems: readonly NegotiatingSystem[],
  meetings: readonly Meeting[],
  options: {
    readonly provider: CryptoProvider;
    readonly seed: string;
    readonly beginsAt: Date;
    secretOf(system: NegotiatingSystem, reference: SecretReference): Secret | undefined;
    /** Certificates that are at hand for all of the systems. */
    readonly held?: ReadonlyMap<string, CharonCredentials>;
  },
): GroupCredentials {
  const { provider, seed, beginsAt, secretOf, held } = options;
  const assumptions: Assumption[] = [];
  const pki = once(() => createMadeUpPki(provider, seed, beginsAt));
  const placeholder = new Secret(seededRandom(seed, 'preshared keys that are elsewhere')(placeholderLength));
  const shared = new Map<PadEntry, Secret>();
  for (const meeting of meetings) addSharedSecrets(meeting, secretOf, placeholder, shared, assumptions);
  const real = realCertificates(systems, provider);
  const own = systems.map((system, index) => ({
    system,
    certificates: held
      ? atHand(system, assumptions)
      : madeUp(
          system,
          systems.filter((other) => other !== system),
          index % 2 === 0 ? 0 : 1,
          pki,
          real,
          assumptions,
        ),
  }));
  /** Whose made-up certificate it is. */
  const owners = new Map<string, PadEntry>();
  for (const { certificates } of own)
    for (const [pad, { chain }] of certificates) if (chain[0]) owners.set(toHex(chain[0]), pad);
  const known = own.flatMap(({ certificates }) => [...certificates.values()].flatMap(({ chain }) => chain.slice(0, 1)));
  const bySystem = new Map<string, Credentials>();
  for (const { system, certificates } of own) {
    const store = createCredentials(
      {
        secretOf: (reference) => secretOf(system, reference) ?? placeholder,
        ...(system.config.sharedSecrets ? { sharedSecrets: system.config.sharedSecrets } : {}),
        ...(known.length > 0 ? { anchors: [pki().anchor], certificates: known } : {}),
      },
      provider,
    );
    const certified = held?.get(system.name)?.credentials;
    bySystem.set(system.name, {
      ...store.credentials,
      presharedKey: (pad, identities) => shared.get(pad) ?? store.credentials.presharedKey(pad, identities),
      acceptedKeys(pad, identities) {
        const key = shared.get(pad);
        return key ? [key] : store.credentials.acceptedKeys!(pad, identities);
      },
      own: (pad) => certificates.get(pad),
      peerKey(request) {
        const [first] = request.chain;
        const made = first && owners.get(toHex(first));
        return (made && real.refusal(request, made)) ?? store.credentials.peerKey(request);
      },
      ...(certified ? certificatesOf(certified) : {}),
    });
  }
  return { bySystem, assumptions };
}

/** What is taken for granted of certificates that are at hand. */
function atHand({ config }: NegotiatingSystem, assumptions: Assumption[]): ReadonlyMap<PadEntry, OwnCredential> {
  const text = 'the private keys belong to the certificates beside swanctl.conf, whose files were read';
  for (const pad of config.pad) if (!byKey.has(pad.localMethod.value)) assumptions.push({ text, pads: [pad] });
  return new Map();
}

/** The part of credentials that certificates are for. */
function certificatesOf({ own, peerKey, peerKeys, demandFault, trustAnchors }: Credentials): Partial<Credentials> {
  return {
    own,
    peerKey,
    trustAnchors,
    ...(peerKeys ? { peerKeys } : {}),
    ...(demandFault ? { demandFault } : {}),
  };
}

/** Keys of PAD entries that meet each other, where one of the two is elsewhere: both have the one that is at hand. */
function addSharedSecrets(
  { a, b, walks }: Meeting,
  secretOf: (system: NegotiatingSystem, reference: SecretReference) => Secret | undefined,
  placeholder: Secret,
  shared: Map<PadEntry, Secret>,
  assumptions: Assumption[],
): void {
  for (const { ike, initiator } of walks) {
    const step = ike?.steps.find(({ kind }) => kind === 'preshared-key');
    if (!step || step.verdict === 'fail' || !ike?.initiatorPad || !ike.responderPad) continue;
    const [padA, padB] =
      initiator === 'a' ? [ike.initiatorPad, ike.responderPad] : [ike.responderPad, ike.initiatorPad];
    const sentBy = (side: Side): Identity | undefined =>
      ike.steps.flatMap((each) =>
        each.kind === 'identity' && (each.sender === 'initiator') === (side === initiator) ? [each.sent] : [],
      )[0];
    const keyOf = (system: NegotiatingSystem, pad: PadEntry, side: Side): Secret | undefined => {
      const other = side === 'a' ? 'b' : 'a';
      const reference = provingKey({ config: system.config, pad, local: sentBy(side), remote: sentBy(other) });
      if (!reference) return undefined;
      return reference.kind === 'literal' ? reference.secret : secretOf(system, reference);
    };
    const [mine, theirs] = [keyOf(a, padA, 'a'), keyOf(b, padB, 'b')];
    // Both at hand: they are compared for real.
    if (mine && theirs) continue;
    const secret = mine ?? theirs ?? placeholder;
    shared.set(padA, secret);
    shared.set(padB, secret);
    const [here, there] = [referenceText(padA), referenceText(padB)];
    assumptions.push({
      text: `the preshared keys of ${recordName(padA.source)} of ${a.name} and ${recordName(padB.source)} of ${b.name} are the same (${here === there ? `${here} on both` : `${here} and ${there}`})`,
      pads: [padA, padB],
    });
  }
}

function referenceText({ presharedKey }: PadEntry): string {
  const reference = presharedKey?.value;
  switch (reference?.kind) {
    case 'file':
      return reference.path === withheldKeyPath ? 'not among its files' : `file:${reference.path}`;
    case 'env':
      return `env:${reference.variable}`;
    case 'literal':
      return 'written there';
    default:
      return 'none';
  }
}

/** A certificate for every PAD entry that needs one, with the names that the system sends or its peer expects. */
function madeUp(
  system: NegotiatingSystem,
  peers: readonly NegotiatingSystem[],
  side: 0 | 1,
  pki: () => MadeUpPki,
  real: RealCertificates,
  assumptions: Assumption[],
): ReadonlyMap<PadEntry, OwnCredential> {
  const made = new Map<PadEntry, OwnCredential>();
  for (const pad of system.config.pad) {
    const method = pad.localMethod.value;
    if (byKey.has(method)) continue;
    const own =
      system.config.addresses.find(({ family }) => family === pad.remote.family) ?? system.config.addresses[0];
    const sent = own ? sentIdentity(pad, own) : pad.localId?.value;
    const subject = subjectOf(sent, system, peers);
    made.set(pad, pki().credential({ method, side, subject, identities: identitiesOf(sent, system) }));
    assumptions.push({
      text: real.chainOf(pad)
        ? 'the private keys belong to the certificates that the records name, whose files were read'
        : 'certificates are valid and name what the records say; they were made up for the dry run',
      pads: [pad],
    });
  }
  return made;
}

function identitiesOf(sent: Identity | undefined, { config }: NegotiatingSystem): readonly Identity[] {
  const addresses = config.addresses.slice(0, 8).map(addressIdentity);
  return sent && sent.type !== 'X500-DN' && sent.value !== undefined ? [sent, ...addresses] : addresses;
}

/** The subject: what is sent, else what the peer's entry for this system expects, else the system's name. */
function subjectOf(
  sent: Identity | undefined,
  { config, name }: NegotiatingSystem,
  peers: readonly NegotiatingSystem[],
): readonly DnAttribute[] {
  if (sent?.type === 'X500-DN' && sent.value !== undefined) return parseName(sent.value);
  for (const pad of peers.flatMap((peer) => peer.config.pad)) {
    const isForUs = config.addresses.some((address) => rangeContains(pad.remote, singleAddress(address)));
    const pattern = pad.remoteId?.value;
    if (!isForUs || !pattern) continue;
    if (pattern.kind === 'dn') return pattern.attributes;
    if (pattern.kind === 'dn-template')
      return pattern.attributes.map((attribute) =>
        attribute.value === '*' ? { ...attribute, value: name } : attribute,
      );
    if (pattern.kind === 'exact' && pattern.type === 'X500-DN') return parseName(pattern.value);
  }
  return [{ name: 'CN', value: name }];
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
