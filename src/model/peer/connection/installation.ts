/** Whether both ends can install the SA that they have agreed on: what carries their packets may lack something of it. */
import type { Address } from '../../address.js';
import { allowPeerSetting, installable } from '../../peer-profile/data-path.js';
import { isSettingOn } from '../../product-setting.js';
import type { SaTemplate } from '../../system-config.js';
import type { SelectorLists } from '../../traffic-selector.js';
import { answered } from './attempt.js';
import type { AgreedChild, ChildSide } from './child.js';
import type { Refusal } from './refusal.js';
import { mirrorLists } from './selectors.js';

/** An end with addresses that it has been given. */
function withAddresses(side: ChildSide, given: readonly Address[]): ChildSide {
  return given.length > 0 ? { ...side, addresses: [...(side.addresses ?? []), ...given] } : side;
}

/** Which end cannot install an SA, and how the attempt then ends. */
export function installation(
  initiator: ChildSide,
  y: ChildSide,
  version: 1 | 2,
  template: SaTemplate,
  child: Pick<AgreedChild, 'mode' | 'transforms' | 'selectors' | 'responderTemplate' | 'given'>,
): { readonly refusal: Refusal; readonly text: string } | undefined {
  const x = withAddresses(initiator, child.given ?? []);
  const ask = (side: ChildSide, of: SaTemplate, lists: SelectorLists, peer: Address) =>
    installable({
      dataPath: side.dataPath ?? 'kernel',
      mode: child.mode,
      transforms: child.transforms,
      ...lists,
      peer,
      addresses: [...side.view.config.addresses, ...(side.addresses ?? [])],
      allowPeer: isSettingOn(side.view.config, allowPeerSetting) === true,
      truncatesSha256: of.sha256Truncated?.value ?? false,
    });
  const fails = (side: ChildSide, why: string, refusal: Refusal) => ({
    refusal,
    text: `${side.view.config.name} cannot install the SA: ${why}`,
  });
  const theirs = ask(y, child.responderTemplate, mirrorLists(child.selectors), x.address);
  // A responder of Quick Mode installs with the third message, after the initiator.
  if (theirs.kind === 'refused' && version === 2)
    return fails(y, theirs.why, answered(theirs.what === 'sa' ? 'NO_PROPOSAL_CHOSEN' : 'TS_UNACCEPTABLE'));
  const mine = ask(x, template, child.selectors, y.address);
  if (mine.kind === 'refused') {
    const notify = version === 1 ? { notify: 'NO_PROPOSAL_CHOSEN' as const } : {};
    return fails(x, mine.why, { kind: 'given-up', ...notify });
  }
  return theirs.kind === 'refused' ? fails(y, theirs.why, { kind: 'given-up' }) : undefined;
}
