/** What pluto tells of its connections when it is asked (`ipsec connectionstatus`), against what is read of the same configuration. */
import type { IkePolicy, SaTemplate, SystemConfig } from '../../../src/model/system-config.js';
import { baseName } from './pluto-words.js';

/** Every value that pluto shows otherwise than it was read, for connections that are there. */
export function statusDifferences(
  log: readonly string[],
  config: SystemConfig,
): { readonly shown: number; readonly differences: readonly string[] } {
  let shown = 0;
  const differences = log.flatMap((line) => {
    const [, connection = '', words = ''] = /^"([^"]+)"(?:\[\d+\][^:]*)?:\s+(.*)$/.exec(line) ?? [];
    const read = connectionOf(config, baseName(connection));
    if (!read) return [];
    return Object.entries(shownOf(words)).flatMap(([what, value]) => {
      const ours = readValue(what, read);
      if (ours !== undefined) shown += 1;
      return ours === undefined || ours === value
        ? []
        : [`"${connection}" ${what}: pluto has ${value}, read is ${ours}`];
    });
  });
  return { shown, differences };
}

interface Read {
  readonly policy: IkePolicy;
  readonly template: SaTemplate;
}

function connectionOf({ ikePolicies, spd }: SystemConfig, name: string): Read | undefined {
  const policy = ikePolicies.find(({ connection }) => connection === name);
  const template = spd
    .flatMap(({ action }) => (action.kind === 'PROTECT' ? action.bundle : []))
    .find(({ connection }) => connection === name);
  return policy && template ? { policy, template } : undefined;
}

/** What a line tells, by name. */
function shownOf(words: string): Record<string, string> {
  const times =
    /ike_life: (\d+)s; ipsec_life: (\d+)s;.*replay_window: (\d+); rekey_margin: (\d+)s; rekey_fuzz: (\d+)%/.exec(words);
  if (times) {
    const [, ike = '', ipsec = '', window = ''] = times;
    return { ikelifetime: ike, 'ipsec-lifetime': ipsec, 'replay-window': window };
  }
  const flags = /^policy: ([\w+]+);/.exec(words)?.[1]?.split('+');
  if (!flags) return {};
  const has = (flag: string) => (flags.includes(flag) ? 'yes' : 'no');
  return {
    version: flags.includes('IKEv1') ? '1' : '2',
    pfs: has('PFS'),
    transport: has('TRANSPORT'),
    narrowing: has('IKEV2_ALLOW_NARROWING'),
    compress: has('COMPRESS'),
    esn: has('ESN_YES'),
    'no-esn': has('ESN_NO'),
  };
}

function readValue(what: string, { policy, template }: Read): string | undefined {
  const yes = (value: boolean | undefined) => (value ? 'yes' : 'no');
  const [proposal] = template.proposals;
  switch (what) {
    case 'ikelifetime':
      return String(policy.lifetimeSeconds.value);
    case 'ipsec-lifetime':
      return proposal && String(proposal.lifetimeSeconds.value);
    case 'replay-window':
      return template.antiReplayWindow && String(template.antiReplayWindow.value);
    case 'version':
      return String(policy.version);
    case 'pfs':
      return yes(template.pfsGroups ? template.pfsGroups.value.length > 0 : policy.pfs.value);
    case 'transport':
      return yes(template.mode === 'transport');
    case 'narrowing':
      return yes(template.narrowing?.value);
    case 'compress':
      return yes(template.ipComp?.value);
    // Extended sequence numbers are of IKEv2 here.
    case 'esn':
      return policy.version === 1 ? undefined : yes(proposal?.esn.includes('esn'));
    case 'no-esn':
      return policy.version === 1 ? undefined : yes(proposal?.esn.includes('no-esn'));
    default:
      return undefined;
  }
}
