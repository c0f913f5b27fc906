/** SAs with keys from records: no negotiation, no limits, no anti-replay; they live until the record goes (RFC 4301 §4.5.1). */
import type { Address } from '../../model/address.js';
import { Secret } from '../../model/secret.js';
import type { Region } from '../../model/selector/box.js';
import type { ManualSa, SaTemplate, SystemConfig } from '../../model/system-config.js';
import type { KeyFault, SaParameters } from './sa.js';

/** The manual SAs of a configuration, each once, or why one cannot be made. */
export function manualSas(config: Pick<SystemConfig, 'spd' | 'forwardSpd'>): readonly (SaParameters | KeyFault)[] {
  const made: (SaParameters | KeyFault)[] = [];
  const seen = new Set<SaTemplate>();
  for (const { action } of [...config.spd, ...config.forwardSpd]) {
    if (action.kind !== 'PROTECT') continue;
    for (const template of action.bundle) {
      if (!template.manual || seen.has(template)) continue;
      seen.add(template);
      made.push(parametersOf(template, 'inbound', template.manual.inbound));
      made.push(parametersOf(template, 'outbound', template.manual.outbound));
    }
  }
  return made;
}

function parametersOf(
  template: SaTemplate,
  direction: 'inbound' | 'outbound',
  manual: ManualSa,
): SaParameters | KeyFault {
  const { record } = template.source;
  const proposal = template.proposals.find(({ protocol }) => protocol === manual.protocol);
  const name = `the manual ${direction} SA of ${record.kind} '${record.name}'`;
  if (!proposal) return { why: `${name} is for ${manual.protocol}, which its transform is not` };
  const local = template.localEndpoint ?? onlyAddress(template.selectors, 'local');
  const remote = template.remoteEndpoint ?? onlyAddress(template.selectors, 'remote');
  if (!local || !remote) return { why: `${name} needs one address at each end` };
  const [encryption] = proposal.encryption;
  const [authentication] = proposal.authentication;
  return {
    direction,
    protocol: manual.protocol,
    spi: manual.spi,
    mode: template.mode,
    local,
    remote,
    selectors: template.selectors,
    ...(manual.protocol === 'ESP' && encryption ? { encryption } : {}),
    ...(authentication ? { authentication } : {}),
    // The record's IV is not used: every packet of CBC has a fresh one, which no receiver notices.
    keys: {
      encryption: manual.encryptionKey ?? new Secret(new Uint8Array(0)),
      ...(authentication ? { authentication: manual.authenticationKey } : {}),
    },
    esn: false,
    replayWindow: 0,
    limits: {},
    manual: true,
  };
}

/** The one address of a side of all boxes, if it is one. */
function onlyAddress(region: Region, side: 'local' | 'remote'): Address | undefined {
  const [first] = region;
  if (!first) return undefined;
  const { lo: value } = first[side];
  const { family } = first;
  const isOnly = region.every((box) => box.family === family && box[side].lo === value && box[side].hi === value);
  return isOnly ? { family, value } : undefined;
}
