/** What a product's profile says, unless the product's own settings in the configuration say otherwise. */
import type { PadEntry } from '../../model/system-config.js';
import type { Environment } from '../environment.js';
import { productSetting } from '../product-setting.js';

/** Whose order of proposals decides when this system responds (strongSwan's charon.prefer_configured_proposals). */
export function preferenceOf(env: Environment): 'initiator' | 'responder' {
  const own = productSetting(env, 'charon.prefer_configured_proposals');
  if (own === undefined) return env.profile.proposalPreference.value;
  return own ? 'responder' : 'initiator';
}

/** On which side the failure of the first Child SA ends the IKE SA too (charon.close_ike_on_child_failure). */
export function childFailureEndsIkeSa(env: Environment): 'both' | 'initiator' | 'neither' {
  const own = productSetting(env, 'charon.close_ike_on_child_failure');
  if (own === undefined) return env.profile.childFailureEndsIkeSa.value;
  return own ? 'both' : 'neither';
}

/** IKE SAs without a first Child SA (RFC 6023), by the record or the product. */
export function childlessOf(
  { profile }: Environment,
  pad: PadEntry | undefined,
): 'allow' | 'prefer' | 'force' | 'never' {
  return pad?.childless?.value ?? profile.childless.value;
}
