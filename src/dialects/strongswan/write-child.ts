/** One child of swanctl.conf: selectors, proposals with their lifetimes, and what happens with it. */
import { proposalsWithGroups } from '../../model/peer/child-proposals.js';
import type { ConfiguredSelector, ConfiguredSelectors, IkePolicy, SaTemplate } from '../../model/system-config.js';
import { childDefaults, type SwanVersion } from './defaults.js';
import { type SettingsNode, setting } from './settings-text.js';
import type { Unwritable } from './write-connection.js';
import { asSwanProposal, childProposalWords } from './write-proposals.js';
import { selectorWord, timeWord, volumeWord } from './write-words.js';

/** `local_ts` and `remote_ts`; the address of an end alone is what they are anyway. */
export function selectorSettings(lists: ConfiguredSelectors): readonly SettingsNode[] | Unwritable {
  const nodes: SettingsNode[] = [];
  for (const end of ['local', 'remote'] as const) {
    const [only, ...more] = lists[end];
    if (!only) return { fault: 'selectors of one end only' };
    if (more.length === 0 && isUsual(only)) continue;
    const words = lists[end].map(selectorWord);
    if (words.some((word) => word === undefined)) return { fault: 'messages of type 0 with some codes' };
    nodes.push(setting(`${end}_ts`, words.join(', ')));
  }
  return nodes;
}

function isUsual({ kind, protocol, ports }: ConfiguredSelector): boolean {
  return kind === 'dynamic' && protocol === 0 && ports.lo === 0 && ports.hi === 65_535;
}

export interface ChildInput {
  readonly template: SaTemplate;
  readonly lists: ConfiguredSelectors;
  readonly policy: IkePolicy | undefined;
  readonly mode: 'tunnel' | 'transport' | 'transport_proxy';
  /** What it does at the start where nothing is written. */
  readonly start: 'TRAP' | 'NONE';
  /** The window that charon.replay_window gives. */
  readonly replayWindow: number;
  readonly version: SwanVersion;
}

/** The options of a child in the order of the manual, without its priority. */
export function writeChild(input: ChildInput): readonly SettingsNode[] | Unwritable {
  const { template, policy, mode, version, replayWindow } = input;
  const selectors = selectorSettings(input.lists);
  if ('fault' in selectors) return selectors;
  const [first] = template.proposals;
  if (!first) return { fault: 'an SA without proposals' };
  const proposals = proposalsWithGroups(template, policy).map((proposal) =>
    asSwanProposal(proposal, proposal.keyExchange),
  );
  const words = childProposalWords(proposals, version);
  if (!words) return { fault: `proposals that strongSwan ${version} does not know (${first.name})` };
  const nodes: SettingsNode[] = words.map(([key, value]) => setting(key, value));
  const put = (key: string, value: string | number | undefined) => {
    if (value !== undefined) nodes.push(setting(key, String(value)));
  };
  if (template.sha256Truncated?.value) put('sha256_96', 'yes');
  nodes.push(...selectors, ...times(first));
  if (mode !== 'tunnel') put('mode', mode);
  if (template.installsPolicies?.value === false) put('policies', 'no');
  put('dpd_action', actionWord(template.onDeadPeer?.value));
  if (template.ipComp?.value) put('ipcomp', 'yes');
  if (template.inactivitySeconds?.value) put('inactivity', timeWord(template.inactivitySeconds.value));
  put('mark_in', template.mark?.value);
  put('mark_out', template.mark?.value);
  put('if_id_in', template.ifId?.value || undefined);
  put('if_id_out', template.ifId?.value || undefined);
  const window = template.antiReplayWindow?.value;
  if (window !== undefined && window !== replayWindow) put('replay_window', window);
  put('start_action', actionWord(template.start?.value ?? input.start));
  put('close_action', actionWord(template.onClose?.value));
  return nodes;
}

function actionWord(action: 'TRAP' | 'START' | 'NONE' | undefined): string | undefined {
  return action === undefined || action === 'NONE' ? undefined : action.toLowerCase();
}

type Proposal = SaTemplate['proposals'][number];

/** Limits that are no more than the usual ones of each other are left out (check_lifetimes). */
function times(proposal: Proposal): readonly SettingsNode[] {
  const { lifetimeSeconds, rekeySeconds, rekeyRandomSeconds, lifetimeKilobytes, rekeyKilobytes } = proposal;
  const { lifetimePackets, rekeyPackets } = proposal;
  const nodes: SettingsNode[] = [];
  const life = lifetimeSeconds.value;
  // A product with one limit only gets rekeyed before it.
  const rekey = rekeySeconds?.value ?? Math.floor((life * 10) / 11);
  const isDerived = Math.floor((rekey * 110) / 100) === life;
  // 6.0 works the soft limit out of a hard one that stands alone.
  if (rekey !== childDefaults.rekeySeconds || !isDerived) nodes.push(setting('rekey_time', timeWord(rekey)));
  if (!isDerived) nodes.push(setting('life_time', timeWord(life)));
  if (rekeyRandomSeconds && rekeyRandomSeconds.value !== Math.max(0, life - rekey))
    nodes.push(setting('rand_time', timeWord(rekeyRandomSeconds.value)));
  const volume = lifetimeKilobytes.value;
  if (volume > 0) {
    nodes.push(setting('rekey_bytes', volumeWord(rekeyKilobytes?.value ?? Math.floor((volume * 10) / 11))));
    nodes.push(setting('life_bytes', volumeWord(volume)));
  }
  if (lifetimePackets && lifetimePackets.value > 0) {
    nodes.push(setting('rekey_packets', String(rekeyPackets?.value ?? Math.floor((lifetimePackets.value * 10) / 11))));
    nodes.push(setting('life_packets', String(lifetimePackets.value)));
  }
  return nodes;
}
