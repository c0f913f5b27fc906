/** What a conversion changes for negotiations: SA templates, PAD entries and IKE policies as written against the original. */
import { formatRange } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import { formatIdentity, formatPattern } from '../../model/peer/identity.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  IkeProposal,
  PadEntry,
  SaTemplate,
} from '../../model/system-config.js';
import { formatSelector, regionSelectors } from '../../model/traffic-selector.js';
import type { Loss } from '../dialect.js';

/** What belongs to one connection. */
export interface Negotiated {
  readonly template?: SaTemplate;
  readonly pad?: PadEntry;
  readonly policy?: IkePolicy;
}

/** One thing that is compared: what it is called, and its values as text. */
interface Field {
  readonly name: string;
  readonly effect: Loss['effect'];
  readonly was: string | undefined;
  readonly is: string | undefined;
  /** What a product does of which nothing is said. */
  readonly usual?: string | undefined;
}

/** Everything in which a connection as written differs from the original. */
export function negotiationLosses(
  name: string,
  source: EntrySource,
  before: Negotiated,
  after: Negotiated,
): readonly Loss[] {
  const fields = [
    ...(before.template ? templateFields(before.template, after.template) : []),
    ...(before.pad ? padFields(before.pad, after.pad) : []),
    ...(before.policy ? policyFields(before.policy, after.policy) : []),
  ];
  return fields.flatMap(({ name: what, effect, was, is, usual }): Loss[] => {
    // What was left to the product is left to the other one.
    if (was === undefined || was === is || (is === undefined && was === usual)) return [];
    return [{ effect, message: `${name}: ${what} ${change(was, is)}`, source, what }];
  });
}

/** Members of a list that are told. */
const membersMax = 6;

/** What became of a value; of lists only what is gone and what is new. */
function change(was: string, is: string | undefined): string {
  const [before, after] = [was.split(', '), (is ?? '').split(', ')];
  const gone = before.filter((one) => !after.includes(one));
  const fresh = after.filter((one) => one !== '' && !before.includes(one));
  if (before.length + after.length <= 2) return `${was || 'none'} becomes ${is || 'none'}`;
  if (gone.length === 0 && fresh.length === 0) return 'are in another order';
  const some = (list: readonly string[]) =>
    list.length <= membersMax
      ? list.join(', ')
      : `${list.slice(0, membersMax).join(', ')} and ${list.length - membersMax} more`;
  const parts = [gone.length > 0 ? `lose ${some(gone)}` : '', fresh.length > 0 ? `get ${some(fresh)}` : ''];
  return parts.filter(Boolean).join(', and ');
}

function text<T>(value: Sourced<T> | undefined): string | undefined {
  return value === undefined ? undefined : String(value.value);
}

function list(values: Sourced<readonly { readonly name: string }[]> | undefined): string | undefined {
  return values?.value.map(({ name }) => name).join('+');
}

const local = 'local' as const;
const negotiation = 'negotiation' as const;

function templateFields(was: SaTemplate, is: SaTemplate | undefined): readonly Field[] {
  const field = (
    name: string,
    effect: Loss['effect'],
    read: (template: SaTemplate) => string | undefined,
    usual?: string,
  ): Field => ({ name, effect, was: read(was), is: is && read(is), usual });
  const ofFirst = (read: (proposal: ChildProposal) => string | undefined) => (template: SaTemplate) => {
    const found = new Set(template.proposals.map((proposal) => read(proposal) ?? ''));
    return [...found].some(Boolean) ? [...found].join(' and ') : undefined;
  };
  const seconds = (of: Sourced<number> | undefined) => (of ? `${of.value}` : undefined);
  return [
    field('selectors', negotiation, (template) => selectorsOf(template)),
    field('proposals', negotiation, ({ proposals }) => proposals.flatMap(childSuites).join(', ')),
    field(
      'extended sequence numbers',
      negotiation,
      ofFirst(({ esn }) => esn.join(' or ')),
    ),
    field('PFS groups', negotiation, ({ pfsGroups }) => list(pfsGroups)),
    field(
      'groups of proposals',
      negotiation,
      ofFirst(({ keyExchange }) => keyExchange?.map(({ name }) => name).join('+')),
    ),
    field(
      'lifetime in seconds',
      negotiation,
      ofFirst(({ lifetimeSeconds }) => seconds(lifetimeSeconds)),
    ),
    field(
      'lifetime in kilobytes',
      negotiation,
      ofFirst(({ lifetimeKilobytes }) => seconds(lifetimeKilobytes)),
    ),
    field(
      'lifetime in packets',
      local,
      ofFirst(({ lifetimePackets }) => seconds(lifetimePackets)),
    ),
    field(
      'rekeying after seconds',
      local,
      ofFirst(({ rekeySeconds }) => seconds(rekeySeconds)),
    ),
    field(
      'rekeying after kilobytes',
      local,
      ofFirst(({ rekeyKilobytes }) => seconds(rekeyKilobytes)),
      '0',
    ),
    field(
      'rekeying after packets',
      local,
      ofFirst(({ rekeyPackets }) => seconds(rekeyPackets)),
      '0',
    ),
    field('anti-replay window', local, ({ antiReplayWindow }) => text(antiReplayWindow)),
    field('start', negotiation, ({ start }) => text(start)),
    field('action when the peer closes', local, ({ onClose }) => text(onClose), 'NONE'),
    field('action when the peer is dead', local, ({ onDeadPeer }) => text(onDeadPeer), 'NONE'),
    field('narrowing', negotiation, ({ narrowing }) => text(narrowing), 'false'),
    field('compression', negotiation, ({ ipComp }) => text(ipComp), 'false'),
    field('HMAC-SHA2-256 cut to 96 bits', 'packets', ({ sha256Truncated }) => text(sha256Truncated), 'false'),
    field('installing of policies', 'packets', ({ installsPolicies }) => text(installsPolicies), 'true'),
    field('seconds without traffic', local, ({ inactivitySeconds }) => text(inactivitySeconds), '0'),
  ];
}

function selectorsOf({ selectors, lists }: SaTemplate): string {
  // Both say the same where each selector is written out, and the region is one form for all products.
  const pairs = regionSelectors(selectors).map(
    (pair) => `${formatSelector(pair.local)} to ${formatSelector(pair.remote)}`,
  );
  const isSingle = lists && lists.local.length === 1 && lists.remote.length === 1;
  return isSingle ? pairs.slice(0, 1).join() : pairs.sort().join(', ');
}

/** Suites of one proposal that are told apart. */
const suitesMax = 2_000;

/** Every choice of one of each list, the last list varying fastest. */
function choices(lists: readonly (readonly { readonly name: string }[])[]): readonly string[] {
  let found: readonly string[] = [''];
  for (const list of lists) {
    if (list.length === 0) continue;
    found = found
      .slice(0, suitesMax)
      .flatMap((text) => list.map(({ name }) => (text === '' ? name : `${text}/${name}`)));
  }
  return found.slice(0, suitesMax);
}

function childSuites({ protocol, encryption, authentication }: ChildProposal): readonly string[] {
  return choices([encryption, authentication]).map((suite) => `${protocol} ${suite}`);
}

function ikeSuites({ encryption, authentication, prf, keyExchange, additionalKeyExchanges = [] }: IkeProposal) {
  return choices([encryption, authentication, prf, keyExchange, ...additionalKeyExchanges]);
}

function padFields(was: PadEntry, is: PadEntry | undefined): readonly Field[] {
  const field = (
    name: string,
    effect: Loss['effect'],
    read: (entry: PadEntry) => string | undefined,
    usual?: string,
  ): Field => ({ name, effect, was: read(was), is: is && read(is), usual });
  const rounds = (of: PadEntry['localRounds']) => of?.map(({ method }) => method.value).join(', then ');
  const several = (of: readonly Sourced<string>[] | undefined) => of?.map((one) => one.value).join(', ');
  const isIkev1 = (entry: PadEntry) => entry.ikeVersions.value.includes(1);
  return [
    field('addresses of peers', negotiation, ({ remote }) => formatRange(remote)),
    field('names of the peer', negotiation, ({ remoteNames }) => several(remoteNames)),
    field('IKE versions', negotiation, ({ ikeVersions }) => ikeVersions.value.join(' and ')),
    field('exchange', negotiation, (entry) => (isIkev1(entry) ? entry.exchange.value : undefined)),
    field('own authentication', negotiation, ({ localMethod }) => text(localMethod)),
    field('authentication of the peer', negotiation, ({ remoteMethod }) => text(remoteMethod)),
    field('own identity', negotiation, ({ localId }) =>
      localId ? formatIdentity(localId.value) : is?.localId && !isAddress(is.localId.value) ? 'its address' : undefined,
    ),
    field('identity of the peer', negotiation, ({ remoteId }) =>
      remoteId
        ? formatPattern(remoteId.value)
        : is?.remoteId && !isAddress(is.remoteId.value)
          ? 'its address'
          : undefined,
    ),
    field('preshared key', negotiation, ({ presharedKey }) => presharedKey && keyWord(presharedKey.value, was)),
    field('further own authentication', negotiation, ({ localRounds }) => rounds(localRounds)),
    field('further authentication of the peer', negotiation, ({ remoteRounds }) => rounds(remoteRounds)),
    field('NAT traversal', negotiation, ({ natTraversal }) => text(natTraversal), 'ON'),
    field('dead peer detection after seconds', local, ({ dpdSeconds }) => text(dpdSeconds), '0'),
    field('dead peer after seconds', local, ({ dpdTimeoutSeconds }) => text(dpdTimeoutSeconds)),
    field('fragmentation', negotiation, ({ fragmentation }) => text(fragmentation), 'true'),
    field('uniqueness', local, ({ uniqueness }) => text(uniqueness), 'initial-contact'),
    field('childless IKE SAs', negotiation, ({ childless }) => text(childless), 'allow'),
    field('MOBIKE', negotiation, ({ mobike }) => text(mobike), 'false'),
    field('tries', local, ({ initiationTries }) => text(initiationTries), '1'),
    field('own port', negotiation, ({ localPort }) => text(localPort)),
    field('port of the peer', negotiation, ({ remotePort }) => text(remotePort)),
    field('own certificates', local, ({ certificates }) => several(certificates)),
    field('certificates of the peer', negotiation, ({ remoteCertificates }) => several(remoteCertificates)),
    field('authorities', negotiation, ({ authorities }) => several(authorities)),
    field('revocation lists', local, ({ revocationLists }) => several(revocationLists)),
    field('addresses asked for', negotiation, ({ virtualAddresses }) =>
      virtualAddresses?.map((one) => formatRange(one.value)).join(', '),
    ),
    field('pools', negotiation, ({ pools }) => several(pools)),
    field('postquantum preshared key', negotiation, ({ ppk }) => ppk && (ppk.required.value ? 'required' : 'optional')),
  ];
}

/** Where no identity is written, it is the address. */
function isAddress({ type }: { readonly type?: string | undefined }): boolean {
  return type === 'IPV4' || type === 'IPV6';
}

/** Keys are compared, and never shown. */
function keyWord(reference: NonNullable<PadEntry['presharedKey']>['value'], was: PadEntry): string {
  if (reference.kind !== 'literal') return `of a ${reference.kind === 'file' ? 'file' : 'variable'}`;
  const first = was.presharedKey?.value;
  return first?.kind === 'literal' && first.secret.equals(reference.secret) ? 'written down' : 'another one';
}

function policyFields(was: IkePolicy, is: IkePolicy | undefined): readonly Field[] {
  const field = (name: string, effect: Loss['effect'], read: (policy: IkePolicy) => string | undefined): Field => ({
    name,
    effect,
    was: read(was),
    is: is && read(is),
  });
  return [
    field(
      `IKEv${was.version} proposals`,
      negotiation,
      ({ proposals }) => proposals.flatMap(ikeSuites).join(', ') || undefined,
    ),
    field('lifetime of IKE SAs in seconds', negotiation, ({ lifetimeSeconds }) => text(lifetimeSeconds)),
    field('rekeying of IKE SAs after seconds', local, ({ rekeySeconds }) => text(rekeySeconds)),
    field('new authentication after seconds', local, ({ reauthenticationSeconds }) => text(reauthenticationSeconds)),
    field('Quick Modes for one IKE SA', negotiation, ({ quickModesMax }) => text(quickModesMax)),
  ];
}
