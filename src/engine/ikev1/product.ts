/** What a product's profile says, unless the product's own settings in the configuration say otherwise. */
import type { Environment } from '../environment.js';
import { productSetting } from '../product-setting.js';

/** Whose order of proposals decides when this system responds (strongSwan's charon.prefer_configured_proposals). */
export function preferenceOf(env: Environment): 'initiator' | 'responder' {
  const own = productSetting(env, 'charon.prefer_configured_proposals');
  if (own === undefined) return env.profile.proposalPreference.value;
  return own ? 'responder' : 'initiator';
}

/** Does a responder take Aggressive Mode with a preshared key, whose hash anybody can then try keys against? */
export function takesAggressivePsk(env: Environment): boolean {
  return (
    productSetting(env, 'charon.i_dont_care_about_security_and_use_aggressive_mode_psk') ??
    env.profile.aggressivePresharedKey.value
  );
}
