/** Reads racoon.conf with the policies of setkey beside it. */
import { formatAddress } from '../../model/address.js';
import type { Sourced } from '../../model/origin.js';
import type {
  ChildProposal,
  EntrySource,
  IkePolicy,
  PadEntry,
  SaTemplate,
  SecretReference,
} from '../../model/system-config.js';
import { foundFiles, ReadContext } from '../common/context.js';
import type { DialectInput, DialectReading } from '../dialect.js';
import { buildKernelConfig, type KernelState } from '../xfrm/build.js';
import type { KernelSelector } from '../xfrm/kernel.js';
import { type Placed, placeOf, type RacoonConf, readConf } from './conf.js';
import { detectRacoon, detectSetkey } from './detect.js';
import { keyOf, readPsk } from './psk.js';
import { headSpan, originOf, type Remote, readRemotes } from './remote.js';
import { readSainfos, type Sainfo, sainfoFor } from './sainfo.js';
import { runSetkey } from './setkey-read.js';

/** Reads a configuration: racoon.conf, and scripts of setkey among its sources. */
export function readRacoon(input: DialectInput): DialectReading {
  const context = new ReadContext(input);
  const scripts = input.sources.filter(
    (source) => detectSetkey(source) !== undefined && detectRacoon(source) === undefined,
  );
  const roots = input.sources.filter((source) => !scripts.includes(source));
  const conf = readConf(roots, context);
  const remotes = readRemotes(conf.remotes, context);
  const sainfos = readSainfos(conf.sainfos, context);
  const keys = readKeys(conf, remotes, context);
  const kernel = runSetkey(scripts, context);
  const used = new Set<Sainfo>();
  const state: KernelState = {
    ...kernel,
    hasDaemon: true,
    negotiated: (protocol, selector, source) => negotiated(sainfos, used, protocol, selector, source),
  };
  const base = buildKernelConfig(state, context);
  checkPolicies(conf, remotes, sainfos, used, kernel, context);
  // Those for one peer are looked at before those for anybody.
  const ordered = [
    ...remotes.filter(({ isAnonymous }) => !isAnonymous),
    ...remotes.filter(({ isAnonymous }) => isAnonymous),
  ];
  return {
    config: {
      ...base,
      pad: ordered.flatMap((remote) => padEntries(remote, keys, context)),
      ikePolicies: ordered.flatMap((remote) => ikePolicies(remote, sainfos)),
      peerProfile: { value: 'racoon', origin: { kind: 'builtin', what: 'racoon' } },
    },
    problems: context.report.problems,
    options: context.report.options,
    sources: context.sources,
    product: 'racoon',
  };
}

function sourceOf(placed: Placed, kind: string, name: string): EntrySource {
  return { record: { kind, name }, at: headSpan(placed) };
}

/** Proposals of the sainfo that fits: each cipher with each integrity algorithm, as the product lists them. */
function negotiated(
  sainfos: readonly Sainfo[],
  used: Set<Sainfo>,
  protocol: 'ESP' | 'AH',
  selector: KernelSelector,
  source: EntrySource,
): Pick<SaTemplate, 'proposals' | 'pfsGroups'> | undefined {
  const sainfo = sainfoFor(sainfos, selector);
  if (!sainfo) return undefined;
  used.add(sainfo);
  const at = headSpan(sainfo.placed);
  const proposal = (parts: Pick<ChildProposal, 'encryption' | 'authentication'>): ChildProposal => ({
    source: { ...source, at },
    name: [protocol, ...parts.encryption.map(({ name }) => name), ...parts.authentication.map(({ name }) => name)].join(
      ' ',
    ),
    at,
    protocol,
    ...parts,
    esn: ['no-esn'],
    lifetimeSeconds: sainfo.lifetimeSeconds,
    lifetimeKilobytes: sainfo.lifetimeKilobytes,
  });
  const hashes = sainfo.integrity.map((row) => (row === 'none' ? [] : [row]));
  const proposals =
    protocol === 'AH'
      ? hashes.filter(({ length }) => length > 0).map((authentication) => proposal({ encryption: [], authentication }))
      : sainfo.encryption.flatMap((cipher) =>
          hashes.map((authentication) => proposal({ encryption: [cipher], authentication })),
        );
  return { proposals, pfsGroups: sainfo.pfsGroups };
}

function readKeys(
  conf: RacoonConf,
  remotes: readonly Remote[],
  context: ReadContext,
): ReadonlyMap<string, Sourced<SecretReference>> {
  const placed = conf.paths.get('pre_shared_key');
  const needed = remotes.some(({ method }) => method?.value.local === 'PSK');
  if (!placed) {
    if (needed)
      context.partly(
        headSpan(remotes[0]!.placed),
        'no path pre_shared_key tells where the keys are',
        'write: path pre_shared_key "/etc/racoon/psk.txt";',
      );
    return new Map();
  }
  const path = placed.statement.words[2]!.text;
  const found = foundFiles(context, path, placed.source);
  const beside = found.length > 0 ? found : foundFiles(context, path.slice(path.lastIndexOf('/') + 1), placed.source);
  const [file] = beside;
  if (file) return readPsk(file, context);
  if (needed) context.partly(placeOf(placed), `'${path}' is not there, so the preshared keys are not known`);
  return new Map();
}

function padEntries(
  remote: Remote,
  keys: ReadonlyMap<string, Sourced<SecretReference>>,
  context: ReadContext,
): PadEntry[] {
  const { method, placed } = remote;
  if (!method) return [];
  const source = sourceOf(placed, 'remote', remote.name);
  const { local, remote: theirs, xauth } = method.value;
  const isAggressive = remote.exchanges.value[0] === 'aggressive';
  const xauthRound = [{ method: { value: 'XAUTH' as const, origin: method.origin } }];
  return remote.ranges.map((range): PadEntry => {
    const preshared =
      local === 'PSK' || theirs === 'PSK'
        ? findKey(
            remote,
            range.first === range.last ? formatAddress(range.family, range.first) : undefined,
            isAggressive,
            keys,
          )
        : undefined;
    if ((local === 'PSK' || theirs === 'PSK') && keys.size > 0 && !preshared && !remote.isAnonymous)
      context.partly(headSpan(placed), `no preshared key is for '${remote.name}'`, 'add a line to psk.txt');
    return {
      source,
      remote: range,
      ikeVersions: { value: [1], origin: { kind: 'builtin', what: 'racoon knows IKEv1 only' } },
      exchange: { value: remote.exchanges.value[0] ?? 'main', origin: remote.exchanges.origin },
      localMethod: { value: local, origin: method.origin },
      remoteMethod: { value: theirs, origin: method.origin },
      ...(xauth === 'server' ? { remoteRounds: xauthRound } : {}),
      ...(xauth === 'client' ? { localRounds: xauthRound } : {}),
      ...(remote.localId ? { localId: remote.localId } : {}),
      remoteId: expected(remote),
      ...(preshared ? { presharedKey: preshared } : {}),
      respondOnly: remote.passive.value,
      natTraversal: remote.natTraversal,
      dpdSeconds: remote.dpdSeconds,
      fragmentation: remote.fragmentation,
      ...(remote.certificate ? { certificates: [remote.certificate] } : {}),
    };
  });
}

/** The identity of the peer counts only where verify_identifier is on. */
function expected({ verifiesId, remoteId, placed }: Remote): NonNullable<PadEntry['remoteId']> {
  if (verifiesId && remoteId) return remoteId;
  return {
    value: { kind: 'anything' },
    origin: verifiesId ? originOf(placed) : { kind: 'builtin', what: 'default of racoon: verify_identifier off' },
  };
}

/** In Main Mode the address alone tells which key it is (RFC 2409 §5.4); in Aggressive Mode the identity does first. */
function findKey(
  remote: Remote,
  address: string | undefined,
  isAggressive: boolean,
  keys: ReadonlyMap<string, Sourced<SecretReference>>,
): Sourced<SecretReference> | undefined {
  const id = remote.remoteId?.value;
  const named = isAggressive && id?.kind === 'exact' ? keys.get(keyOf(id.value)) : undefined;
  return named ?? (address === undefined ? undefined : keys.get(address));
}

function ikePolicies(remote: Remote, sainfos: readonly Sainfo[]): IkePolicy[] {
  if (remote.proposals.length === 0) return [];
  return remote.ranges.map((range) => ({
    source: sourceOf(remote.placed, 'remote', remote.name),
    version: 1,
    remote: range,
    proposals: remote.proposals,
    lifetimeSeconds: remote.lifetimeSeconds,
    pfs: { value: sainfos.some(({ pfsGroups }) => pfsGroups.value.length > 0), origin: remote.lifetimeSeconds.origin },
  }));
}

function checkPolicies(
  conf: RacoonConf,
  remotes: readonly Remote[],
  sainfos: readonly Sainfo[],
  used: ReadonlySet<Sainfo>,
  kernel: KernelState,
  context: ReadContext,
): void {
  const [first] = conf.remotes;
  if (!first) return;
  const generates = remotes.find(({ generatesPolicies }) => generatesPolicies);
  if (generates)
    context.partly(
      headSpan(generates.placed),
      'policies that are made from what a peer proposes are not modelled',
      'give the policies in a setkey script',
    );
  else if (kernel.policies.length === 0)
    context.partly(
      headSpan(first),
      'no policy says which packets are protected',
      'keep the script of setkey beside racoon.conf, in one folder hosts/NAME',
    );
  if (kernel.policies.length === 0) return;
  for (const sainfo of sainfos) {
    const { local, remote } = sainfo;
    const isGeneral = local.kind === 'anonymous' && remote.kind === 'anonymous';
    if (!used.has(sainfo) && !isGeneral)
      context.partly(headSpan(sainfo.placed), 'no policy has the ends of this sainfo, so it is used for nothing');
  }
}
