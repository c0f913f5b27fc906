/** The SA of a child: proposals with lifetimes, mode, ends, and what happens with it (child_cfg.c). */
import type { Origin, Sourced } from '../../model/origin.js';
import type { Region } from '../../model/selector/box.js';
import type { ChildProposal, SaTemplate } from '../../model/system-config.js';
import type { SwanChild, SwanConnection } from './connection.js';
import { childDefaults, defaultEspProposals, type SwanVersion } from './defaults.js';
import { type CompileInput, childSource, configuredSelectors, firstAddress } from './ends.js';
import type { SwanChildProposal } from './proposal.js';

/** Builds the template of a child. */
export function childTemplate(
  connection: SwanConnection,
  child: SwanChild,
  selectors: Region,
  input: CompileInput,
): SaTemplate {
  const source = childSource(connection, child);
  const { options } = child;
  const { local_addrs, remote_addrs, if_id_out } = connection.options;
  const remote = firstAddress(remote_addrs?.value);
  const local = firstAddress(local_addrs?.value, remote?.family);
  const mode = options.mode?.value ?? 'tunnel';
  const isTransport = mode === 'transport' || mode === 'transport_proxy';
  const ifId = options.if_id_out ?? if_id_out;
  return {
    source,
    connection: connection.name,
    mode: isTransport ? 'transport' : 'tunnel',
    ...(local ? { localEndpoint: local } : {}),
    ...(remote ? { remoteEndpoint: remote } : {}),
    selectors,
    lists: { local: configuredSelectors(child, 'local'), remote: configuredSelectors(child, 'remote') },
    proposals: childProposals(child, input.version).map((proposal) => withLifetimes(proposal, child, input.version)),
    antiReplayWindow: options.replay_window ?? replayWindow(input),
    start: oneAction(options.start_action, 'start_action is none'),
    onClose: oneAction(options.close_action, 'close_action is none'),
    onDeadPeer: oneAction(options.dpd_action, 'dpd_action is none'),
    ...(options.mark_out && options.mark_out.value.mark >= 0
      ? { mark: { value: options.mark_out.value.mark, origin: options.mark_out.origin } }
      : {}),
    ...(ifId && ifId.value !== 0 ? { ifId } : {}),
    ...(options.policies ? { installsPolicies: options.policies } : {}),
    ...(options.ipcomp ? { ipComp: options.ipcomp } : {}),
    ...(options.sha256_96 ? { sha256Truncated: options.sha256_96 } : {}),
    ...(options.inactivity ? { inactivitySeconds: options.inactivity } : {}),
  };
}

function builtin(version: SwanVersion, what: string): Origin {
  return { kind: 'builtin', what: `strongSwan ${version}: ${what}` };
}

function replayWindow({ settings, version }: CompileInput): Sourced<number> {
  const written = settings.get('charon.replay_window');
  const value = written && Number(written.value);
  return written && Number.isInteger(value)
    ? { value: Number(value), origin: written.origin }
    : { value: childDefaults.replayWindow, origin: builtin(version, `replay_window is ${childDefaults.replayWindow}`) };
}

function oneAction(
  option: Sourced<readonly ('TRAP' | 'START')[]> | undefined,
  what: string,
): Sourced<'TRAP' | 'START' | 'NONE'> {
  if (!option) return { value: 'NONE', origin: { kind: 'builtin', what: `strongSwan: ${what}` } };
  const value = option.value.includes('START') ? 'START' : option.value.includes('TRAP') ? 'TRAP' : 'NONE';
  return { value, origin: option.origin };
}

interface Placed extends SwanChildProposal {
  readonly origin: Origin;
}

/** The lists of AH and ESP in the order in which they are written; without any, the default of ESP. */
function childProposals({ options }: SwanChild, version: SwanVersion): Placed[] {
  const lists = [options.ah_proposals, options.esp_proposals].filter((list) => list !== undefined);
  const written = lists
    .sort((a, b) => placeOf(a.origin) - placeOf(b.origin))
    .flatMap(({ value, origin }) => value.map((proposal) => ({ ...proposal, origin })));
  if (written.length > 0) return written;
  const origin = builtin(version, 'esp_proposals is default');
  return defaultEspProposals('nothing written', version).map((proposal) => ({ ...proposal, origin }));
}

function placeOf(origin: Origin): number {
  return origin.kind === 'explicit' ? origin.at.start : 0;
}

/** Soft and hard limits (check_lifetimes): hard is a tenth more than soft, and chance takes what lies between. */
function withLifetimes(proposal: Placed, child: SwanChild, version: SwanVersion): ChildProposal {
  const { options } = child;
  const time = limits(options.rekey_time, options.life_time, childDefaults.rekeySeconds, version, 'rekey_time is 1h');
  const volume = limits(options.rekey_bytes, options.life_bytes, 0, version, 'rekey_bytes is 0');
  const packets = limits(options.rekey_packets, options.life_packets, 0, version, 'rekey_packets is 0');
  const random = options.rand_time ?? {
    value: Math.max(0, time.life.value - time.rekey.value),
    origin: builtin(version, 'rand_time is life_time − rekey_time'),
  };
  const { origin } = proposal;
  return {
    source: {
      record: { kind: 'child', name: child.name },
      ...(origin.kind === 'explicit' ? { at: origin.at } : {}),
    },
    name: proposal.name,
    ...(proposal.at ? { at: proposal.at } : {}),
    protocol: proposal.protocol,
    encryption: proposal.encryption,
    authentication: proposal.authentication,
    esn: proposal.esn,
    keyExchange: proposal.keyExchange,
    lifetimeSeconds: time.life,
    rekeySeconds: time.rekey,
    rekeyRandomSeconds: random,
    lifetimeKilobytes: kilobytes(volume.life),
    rekeyKilobytes: kilobytes(volume.rekey),
    ...(packets.life.value > 0 ? { lifetimePackets: packets.life, rekeyPackets: packets.rekey } : {}),
  };
}

interface Limits {
  readonly rekey: Sourced<number>;
  readonly life: Sourced<number>;
}

function limits(
  rekey: Sourced<number> | undefined,
  life: Sourced<number> | undefined,
  otherwise: number,
  version: SwanVersion,
  what: string,
): Limits {
  const share = childDefaults.lifeShare;
  // 5.9 takes its default even where only the hard limit is written; 6.0 works the soft one out of it.
  const soft =
    rekey ??
    (life && version !== '5.9.8'
      ? { value: Math.floor(life.value / share), origin: builtin(version, 'the soft limit is the hard one / 1.1') }
      : { value: otherwise, origin: builtin(version, what) });
  const hard = life ?? {
    value: Math.floor((soft.value * 110) / 100),
    origin: builtin(version, 'the hard limit is the soft one × 1.1'),
  };
  return { rekey: soft, life: hard };
}

function kilobytes({ value, origin }: Sourced<number>): Sourced<number> {
  return { value: Math.ceil(value / 1024), origin };
}
